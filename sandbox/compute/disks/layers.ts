/**
 * What a disk or snapshot consists of: a map from ranges to the layer (an append-once sparse file) that holds them.
 * Ranges that no layer holds read as zero. A snapshot shares its disk's map and the disk goes on writing into a new
 * layer, so two maps name the same layer for a range exactly when nothing was written there in between: comparing
 * two snapshots needs no data. Pure; offsets and lengths in bytes, multiples of a sector.
 */

/** Everything is aligned to this, as page blobs are. */
export const SECTOR = 512;

export interface LayerExtent {
  offset: number;
  length: number;
  layer: number;
}

/** Sorted by offset, disjoint; neighbours of one layer are merged. */
export type LayerMap = LayerExtent[];

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

/** Puts a range into the map, in place: held by `layer`, or by none (`undefined`: reads as zero from now on). */
export function overlay(map: LayerMap, offset: number, length: number, layer: number | undefined): void {
  if (length === 0) return;
  const end = offset + length;
  let from = firstEndingAfter(map, offset);
  let to = from;
  while (to < map.length && map[to]!.offset < end) to += 1;
  const replacement: LayerMap = [];
  const add = (extent: LayerExtent) => {
    const last = replacement.at(-1);
    if (last && last.layer === extent.layer && last.offset + last.length === extent.offset)
      last.length += extent.length;
    else if (extent.length > 0) replacement.push({ ...extent });
  };
  // The neighbours on both sides take part so that what touches and belongs together is merged.
  const before = map[from - 1];
  if (before && before.offset + before.length === offset) from -= 1;
  const after = map[to];
  if (after && after.offset === end) to += 1;
  const touched = map.slice(from, to);
  for (const old of touched) {
    if (old.offset < offset) add({ ...old, length: Math.min(old.length, offset - old.offset) });
  }
  if (layer !== undefined) add({ offset, length, layer });
  for (const old of touched) {
    const start = Math.max(old.offset, end);
    const rest = old.offset + old.length - start;
    if (rest > 0) add({ offset: start, length: rest, layer: old.layer });
  }
  map.splice(from, to - from, ...replacement);
}

/** The pieces, holes included, that cover `offset … offset + length` in order. */
export function* pieces(map: LayerMap, offset: number, length: number): Generator<Piece> {
  const end = offset + length;
  let at = offset;
  for (let i = firstEndingAfter(map, offset); at < end; i += 1) {
    const extent = map[i];
    const start = Math.min(extent?.offset ?? end, end);
    if (start > at) {
      yield { offset: at, length: start - at, layer: undefined };
      at = start;
    }
    if (!extent || at >= end) continue;
    const stop = Math.min(extent.offset + extent.length, end);
    yield { offset: at, length: stop - at, layer: extent.layer };
    at = stop;
  }
}

/** The ranges that hold data, merged, within `offset … offset + length`. */
export function allocated(map: LayerMap, offset: number, length: number): Range[] {
  const found: Range[] = [];
  for (const piece of pieces(map, offset, length)) {
    if (piece.layer === undefined) continue;
    const last = found.at(-1);
    if (last && last.offset + last.length === piece.offset) last.length += piece.length;
    else found.push({ offset: piece.offset, length: piece.length });
  }
  return found;
}

/** What was written or cleared between `before` and `after`, merged, within `offset … offset + length`. */
export function changes(before: LayerMap, after: LayerMap, offset: number, length: number): Change[] {
  const found: Change[] = [];
  const old = pieces(before, offset, length);
  let was = old.next();
  for (const piece of pieces(after, offset, length)) {
    let at = piece.offset;
    const end = piece.offset + piece.length;
    while (at < end && !was.done) {
      const stop = Math.min(end, was.value.offset + was.value.length);
      if (was.value.layer !== piece.layer) addChange(found, at, stop - at, piece.layer === undefined);
      at = stop;
      if (at === was.value.offset + was.value.length) was = old.next();
    }
  }
  return found;
}

function addChange(found: Change[], offset: number, length: number, clear: boolean): void {
  const last = found.at(-1);
  if (last && last.clear === clear && last.offset + last.length === offset) last.length += length;
  else found.push({ offset, length, clear });
}
