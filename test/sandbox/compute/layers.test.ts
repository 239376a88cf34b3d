import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocated, changes, overlay, pieces, SECTOR } from '../../../sandbox/compute/disks/layers.ts';
import type { LayerMap } from '../../../sandbox/compute/disks/layers.ts';

const SECTORS = 40;
const SIZE = SECTORS * SECTOR;

/** The plain model: which layer holds each sector. */
type Model = (number | undefined)[];

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constant('write' as const), fc.nat(SECTORS - 1), fc.integer({ min: 1, max: 12 })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constant('clear' as const), fc.nat(SECTORS - 1), fc.integer({ min: 1, max: 12 })),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('snapshot' as const), fc.constant(0), fc.constant(0)) },
);

function replay(operations: ['write' | 'clear' | 'snapshot', number, number][]) {
  const map: LayerMap = [];
  const model: Model = Array<number | undefined>(SECTORS).fill(undefined);
  const snapshots: { map: LayerMap; model: Model }[] = [];
  let layer = 1;
  for (const [kind, at, count] of operations) {
    if (kind === 'snapshot') {
      snapshots.push({ map: map.map((e) => ({ ...e })), model: [...model] });
      layer += 1;
      continue;
    }
    const end = Math.min(SECTORS, at + count);
    overlay(map, at * SECTOR, (end - at) * SECTOR, kind === 'write' ? layer : undefined);
    model.fill(kind === 'write' ? layer : undefined, at, end);
  }
  snapshots.push({ map, model });
  return snapshots;
}

test('a map says of each sector what a plain table says, sorted, disjoint and merged', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      for (const { map, model } of replay(operations)) {
        const seen: Model = Array<number | undefined>(SECTORS).fill(undefined);
        let end = -1;
        let previous: number | undefined;
        for (const extent of map) {
          expect(extent.length).toBeGreaterThan(0);
          expect(extent.offset).toBeGreaterThanOrEqual(end);
          if (extent.offset === end) expect(extent.layer).not.toBe(previous);
          end = extent.offset + extent.length;
          previous = extent.layer;
          seen.fill(extent.layer, extent.offset / SECTOR, end / SECTOR);
        }
        expect(seen).toEqual(model);
      }
    }),
    { numRuns: 300 },
  );
});

test('pieces cover any window exactly', () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 30 }),
      fc.nat(SECTORS - 1),
      fc.nat(SECTORS),
      (operations, from, count) => {
        const { map, model } = replay(operations).at(-1)!;
        const length = Math.min(count, SECTORS - from);
        const seen: Model = [];
        let at = from * SECTOR;
        for (const piece of pieces(map, from * SECTOR, length * SECTOR)) {
          expect(piece.offset).toBe(at);
          at += piece.length;
          for (let i = 0; i < piece.length / SECTOR; i += 1) seen.push(piece.layer);
        }
        expect(seen).toEqual(model.slice(from, from + length));
      },
    ),
    { numRuns: 300 },
  );
});

test('changes between any two snapshots are exactly the sectors whose layer differs', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), fc.nat(), fc.nat(), (operations, a, b) => {
      const snapshots = replay(operations);
      const before = snapshots[a % snapshots.length]!;
      const after = snapshots[b % snapshots.length]!;
      const found = changes(before.map, after.map, 0, SIZE);
      const seen: (string | undefined)[] = Array<string | undefined>(SECTORS).fill(undefined);
      found.forEach((change, i) => {
        const next = found[i + 1];
        if (next) expect(change.offset + change.length < next.offset || change.clear !== next.clear).toBe(true);
        seen.fill(change.clear ? 'clear' : 'page', change.offset / SECTOR, (change.offset + change.length) / SECTOR);
      });
      const wanted = after.model.map((layer, i) =>
        layer === before.model[i] ? undefined : layer === undefined ? 'clear' : 'page',
      );
      expect(seen).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

test('allocated ranges of several layers are merged', () => {
  const map: LayerMap = [];
  overlay(map, 0, 1024, 1);
  overlay(map, 1024, 512, 2);
  overlay(map, 2048, 512, 2);
  expect(allocated(map, 0, SIZE)).toEqual([
    { offset: 0, length: 1536 },
    { offset: 2048, length: 512 },
  ]);
  expect(allocated(map, 512, 512)).toEqual([{ offset: 512, length: 512 }]);
});
