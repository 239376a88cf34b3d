import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LayerForest } from '../../../sandbox/compute/disks/layerForest.ts';
import { allocated, changes, pieces } from '../../../sandbox/compute/disks/layerTree.ts';
import type { LayerNode, Root } from '../../../sandbox/compute/disks/layerTree.ts';

/** A disk is looked at as so many cells; maps of small cells end in deep leaves, those of large ones branch early. */
const CELLS = 200;
const cellSizes = [512, 2 ** 38];

/** The plain model: which layer holds each cell. */
type Model = (number | undefined)[];
type Operation = { kind: 'write' | 'comb' | 'clear' | 'snapshot' | 'drop'; at: number; count: number };

const operation = (kind: Operation['kind']) =>
  fc.record({ kind: fc.constant(kind), at: fc.nat(CELLS - 1), count: fc.integer({ min: 1, max: CELLS }) });
const operations = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: operation('write') },
    { weight: 3, arbitrary: operation('comb') },
    { weight: 3, arbitrary: operation('clear') },
    { weight: 3, arbitrary: operation('snapshot') },
    { weight: 1, arbitrary: operation('drop') },
  ),
  { maxLength: 40 },
);

/** Carries the operations out on a forest and on plain tables; `stored` follows what the forest says has changed. */
function replay(steps: Operation[], cell: number) {
  const forest = new LayerForest();
  const stored = new Map<number, LayerNode>();
  const unused = new Set<number>();
  const disk: { root: Root; model: Model } = {
    root: undefined,
    model: Array<number | undefined>(CELLS).fill(undefined),
  };
  const snapshots: { root: Root; model: Model }[] = [];
  let layer = 1;
  const put = (from: number, to: number, what: number | undefined) => {
    disk.root = forest.overlay(disk.root, from * cell, (to - from) * cell, what);
    disk.model.fill(what, from, to);
  };
  for (const { kind, at, count } of steps) {
    const end = Math.min(CELLS, at + count);
    if (kind === 'write') put(at, end, layer);
    else if (kind === 'clear') put(at, end, undefined);
    else if (kind === 'comb') for (let i = at; i < end; i += 2) put(i, i + 1, layer);
    else if (kind === 'snapshot') {
      snapshots.push({ root: forest.share(disk.root), model: [...disk.model] });
      layer += 1;
    } else forest.release(snapshots.splice(at % Math.max(1, snapshots.length), 1)[0]?.root);
    const changed = forest.takeChanges();
    for (const node of changed.saved) stored.set(node.id, node);
    for (const id of changed.dropped) stored.delete(id);
    for (const id of changed.unusedLayers) unused.add(id);
    unused.delete(layer);
  }
  return { forest, stored, unused, volumes: [...snapshots, disk] };
}

/** What each cell of a list of ranges is. */
function cellsOf<R extends { offset: number; length: number }, T>(
  ranges: Iterable<R>,
  cell: number,
  what: (range: R) => T,
) {
  const seen = Array<T | undefined>(CELLS).fill(undefined);
  for (const range of ranges) seen.fill(what(range), range.offset / cell, (range.offset + range.length) / cell);
  return seen;
}

test('each map says of every cell what a plain table says, whatever it shares with others', () => {
  fc.assert(
    fc.property(
      operations,
      fc.constantFrom(...cellSizes),
      fc.nat(CELLS - 1),
      fc.nat(CELLS),
      (steps, cell, from, count) => {
        for (const { root, model } of replay(steps, cell).volumes) {
          const to = Math.min(CELLS, from + count);
          let at = from * cell;
          const seen: Model = [];
          for (const piece of pieces(root, { offset: at, length: (to - from) * cell })) {
            expect(piece.offset).toBe(at);
            at += piece.length;
            seen.push(...Array<number | undefined>(piece.length / cell).fill(piece.layer));
          }
          expect(seen).toEqual(model.slice(from, to));
          const held = [...allocated(root, { offset: 0, length: CELLS * cell })];
          expect(cellsOf(held, cell, () => true)).toEqual(
            model.map((layer) => (layer === undefined ? undefined : true)),
          );
          held.forEach((range, i) => expect(range.offset).toBeGreaterThan(held[i - 1] ? end(held[i - 1]!) : -1));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('changes between any two maps are exactly the cells whose layer differs, merged and in order', () => {
  fc.assert(
    fc.property(operations, fc.constantFrom(...cellSizes), fc.nat(), fc.nat(), (steps, cell, a, b) => {
      const { volumes } = replay(steps, cell);
      const before = volumes[a % volumes.length]!;
      const after = volumes[b % volumes.length]!;
      const found = [...changes(before.root, after.root, { offset: 0, length: CELLS * cell })];
      found.forEach((change, i) => {
        const next = found[i + 1];
        if (next)
          expect(end(change) < next.offset || (end(change) === next.offset && change.clear !== next.clear)).toBe(true);
      });
      const wanted = after.model.map((layer, i) =>
        layer === before.model[i] ? undefined : layer === undefined ? 'clear' : 'page',
      );
      expect(cellsOf(found, cell, ({ clear }) => (clear ? 'clear' : 'page'))).toEqual(wanted);
    }),
    { numRuns: 150 },
  );
});

test('what is stored is what maps need, and layers are let go with the last map that names them', () => {
  fc.assert(
    fc.property(operations, fc.constantFrom(...cellSizes), (steps, cell) => {
      const { forest, stored, unused, volumes } = replay(steps, cell);
      const needed = new Set<LayerNode>();
      const walk = (node: Root) => {
        if (!node || needed.has(node)) return;
        needed.add(node);
        node.children?.forEach(walk);
      };
      for (const { root } of volumes) walk(root);
      expect(new Set(stored.values())).toEqual(needed);
      const named = new Set(volumes.flatMap(({ model }) => model.filter((layer) => layer !== undefined)));
      expect(new Set(forest.layers())).toEqual(named);
      expect([...unused].filter((layer) => named.has(layer))).toEqual([]);
      for (const { root } of volumes) forest.release(root);
      expect([...forest.takeChanges().dropped].toSorted((x, y) => x - y)).toEqual(
        [...stored.keys()].toSorted((x, y) => x - y),
      );
      expect([...forest.layers()]).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('a snapshot of a large map costs nothing, and what is written after it a few nodes', () => {
  const forest = new LayerForest();
  let root: Root;
  for (let i = 0; i < 20_000; i += 1) root = forest.overlay(root, i * 2 ** 30, 4096, 1);
  const nodes = forest.takeChanges().saved.length;
  const snapshot = forest.share(root);
  expect(forest.takeChanges().saved).toEqual([]);
  root = forest.overlay(root, 7777 * 2 ** 30, 4096, 2);
  const { saved } = forest.takeChanges();
  expect(saved.length).toBeLessThan(8);
  expect(nodes).toBeGreaterThan(300);
  expect([...changes(snapshot, root, { offset: 0, length: 2 ** 45 })]).toEqual([
    { offset: 7777 * 2 ** 30, length: 4096, clear: false },
  ]);
});

function end(range: { offset: number; length: number }): number {
  return range.offset + range.length;
}
