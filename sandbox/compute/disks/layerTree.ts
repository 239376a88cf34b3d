import { differences, extentsOf, withHoles } from './layers.ts';
import type { Change, LayerExtent, LayerMap, Piece, Range } from './layers.ts';

/**
 * A map of any size, as a tree that copies share: a node covers an aligned range and either lists its extents or has
 * sixteen children, each for a sixteenth of the range. A subtree that two maps share says that nothing differs there,
 * so that comparing two snapshots costs what differs. `layerForest.ts` makes and changes trees; this file reads them.
 */
export interface LayerNode {
  readonly id: number;
  /** How many nodes and volumes point here. With one, the node may be changed in place. */
  refs: number;
  /** A leaf's; undefined in branches. */
  extents: LayerMap | undefined;
  /** A branch's; undefined where there are holes only. */
  children: (LayerNode | undefined)[] | undefined;
}

/** What a volume points to; undefined: all holes. */
export type Root = LayerNode | undefined;

export const FAN_OUT = 16;
/** What every root covers: 64 TiB, more than any disk has. */
export const ROOT_SPAN = 2 ** 46;

/** The extents within `from … to`, in order; where leaves meet, neighbours of one layer are not merged. */
function* extents(node: Root, start: number, span: number, from: number, to: number): Generator<LayerExtent> {
  if (!node) return;
  if (node.extents) {
    yield* extentsOf(node.extents, Math.max(start, from), Math.min(start + span, to));
    return;
  }
  const width = span / FAN_OUT;
  for (let i = Math.max(0, Math.floor((from - start) / width)); i < FAN_OUT && start + i * width < to; i += 1) {
    yield* extents(node.children![i], start + i * width, width, from, to);
  }
}

/** The pieces, holes included, that cover a range in order. */
export function pieces(root: Root, { offset, length }: Range): Generator<Piece> {
  const end = offset + length;
  return withHoles(extents(root, 0, ROOT_SPAN, offset, end), offset, end);
}

/** The parts of a range that hold data, in order and merged. */
export function* allocated(root: Root, { offset, length }: Range): Generator<Range> {
  let last: Range | undefined;
  for (const extent of extents(root, 0, ROOT_SPAN, offset, offset + length)) {
    if (last && last.offset + last.length === extent.offset) last.length += extent.length;
    else {
      if (last) yield last;
      last = { offset: extent.offset, length: extent.length };
    }
  }
  if (last) yield last;
}

/** What was written or cleared in a range between `before` and `after`, in order and merged. */
export function* changes(before: Root, after: Root, { offset, length }: Range): Generator<Change> {
  let last: Change | undefined;
  for (const change of unmerged(before, after, 0, ROOT_SPAN, offset, offset + length)) {
    if (last && last.clear === change.clear && last.offset + last.length === change.offset)
      last.length += change.length;
    else {
      if (last) yield last;
      last = change;
    }
  }
  if (last) yield last;
}

function* unmerged(
  before: Root,
  after: Root,
  start: number,
  span: number,
  from: number,
  to: number,
): Generator<Change> {
  if (before === after || start >= to || start + span <= from) return;
  if (!before?.children && !after?.children) {
    yield* differences(before?.extents ?? [], after?.extents ?? [], Math.max(start, from), Math.min(start + span, to));
    return;
  }
  const width = span / FAN_OUT;
  for (let i = Math.max(0, Math.floor((from - start) / width)); i < FAN_OUT && start + i * width < to; i += 1) {
    yield* unmerged(childOf(before, i), childOf(after, i), start + i * width, width, from, to);
  }
}

/** A leaf stands for each of its sixteenths: its extents are cut where they are read. */
function childOf(node: Root, index: number): Root {
  return node?.children ? node.children[index] : node;
}
