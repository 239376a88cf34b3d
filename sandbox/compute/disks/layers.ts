/**
 * What a disk or snapshot consists of: ranges, and for each the layer (an append-once sparse file) that holds it.
 * Ranges that no layer holds read as zero. A snapshot shares its disk's map and the disk goes on writing into a new
 * layer, so two maps name the same layer for a range exactly when nothing was written there in between: comparing
 * two snapshots needs no data. Pure; offsets and lengths in bytes, multiples of a sector.
 *
 * This file knows short lists of extents; `layerTree.ts` makes maps of any size of them.
 */

/** Everything is aligned to this, as page blobs are. */
export const SECTOR = 512;

export interface LayerExtent {
  readonly offset: number;
  readonly length: number;
  readonly layer: number;
}

/** Sorted by offset, disjoint; neighbours of one layer are merged. Never changed in place. */
export type LayerMap = readonly LayerExtent[];

/** A piece of a map; `layer` undefined: a hole. */
export interface Piece {
  offset: number;
  length: number;
  layer: number | undefined;
}

export interface Range {
  offset: number;
  length: number;
}

/** A range that differs between two maps; `clear`: it reads as zero now. */
export interface Change extends Range {
  clear: boolean;
}

/** Index of the first extent that ends after `offset`. */
function firstEndingAfter(map: LayerMap, offset: number): number {
  let low = 0;
  let high = map.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const extent = map[middle]!;
    if (extent.offset + extent.length > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The map with a range put into it: held by `layer`, or by none (`undefined`: reads as zero from now on). */
export function overlay(map: LayerMap, offset: number, length: number, layer: number | undefined): LayerMap {
  const end = offset + length;
  let from = firstEndingAfter(map, offset);
  let to = from;
  while (to < map.length && map[to]!.offset < end) to += 1;
  // The neighbours on both sides take part so that what touches and belongs together is merged.
  if (map[from - 1] && map[from - 1]!.offset + map[from - 1]!.length === offset) from -= 1;
  if (map[to]?.offset === end) to += 1;
  const touched = map.slice(from, to);
  const before = touched.filter((e) => e.offset < offset).map((e) => part(e, e.offset, offset));
  const after = touched.filter((e) => e.offset + e.length > end).map((e) => part(e, end, e.offset + e.length));
  const middle = layer === undefined ? [] : [{ offset, length, layer }];
  return [...map.slice(0, from), ...merged([...before, ...middle, ...after]), ...map.slice(to)];
}

/** What of an extent lies within `from … to`. */
function part(extent: LayerExtent, from: number, to: number): LayerExtent {
  const start = Math.max(extent.offset, from);
  return { offset: start, length: Math.min(extent.offset + extent.length, to) - start, layer: extent.layer };
}

function merged(extents: LayerExtent[]): LayerExtent[] {
  const found: LayerExtent[] = [];
  for (const extent of extents) {
    const last = found.at(-1);
    if (last && last.layer === extent.layer && last.offset + last.length === extent.offset) {
      found[found.length - 1] = { ...last, length: last.length + extent.length };
    } else if (extent.length > 0) found.push(extent);
  }
  return found;
}

/** What of the map lies within `from … to`, extents cut at both ends. */
export function* extentsOf(map: LayerMap, from: number, to: number): Generator<LayerExtent> {
  for (let i = firstEndingAfter(map, from); i < map.length && map[i]!.offset < to; i += 1)
    yield part(map[i]!, from, to);
}

/** Whether one extent of that layer holds the whole range. */
export function holds(map: LayerMap, offset: number, length: number, layer: number | undefined): boolean {
  const extent = map[firstEndingAfter(map, offset)];
  if (layer === undefined) return !extent || extent.offset >= offset + length;
  return extent?.layer === layer && extent.offset <= offset && extent.offset + extent.length >= offset + length;
}

/** The pieces, holes included, that cover `from … to`, of extents that lie within it in order. */
export function* withHoles(extents: Iterable<LayerExtent>, from: number, to: number): Generator<Piece> {
  let at = from;
  for (const { offset, length, layer } of extents) {
    if (offset > at) yield { offset: at, length: offset - at, layer: undefined };
    yield { offset, length, layer };
    at = offset + length;
  }
  if (at < to) yield { offset: at, length: to - at, layer: undefined };
}

/** Where two short maps differ within `from … to`; neighbouring changes are not merged. */
export function* differences(before: LayerMap, after: LayerMap, from: number, to: number): Generator<Change> {
  const old = withHoles(extentsOf(before, from, to), from, to);
  let was = old.next();
  for (const piece of withHoles(extentsOf(after, from, to), from, to)) {
    let at = piece.offset;
    const end = piece.offset + piece.length;
    while (at < end && !was.done) {
      const stop = Math.min(end, was.value.offset + was.value.length);
      if (was.value.layer !== piece.layer) yield { offset: at, length: stop - at, clear: piece.layer === undefined };
      at = stop;
      if (at === was.value.offset + was.value.length) was = old.next();
    }
  }
}
