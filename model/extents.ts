/** A range of a disk or image, in bytes. */
export interface Extent {
  offset: number;
  length: number;
}

/** Sorted, disjoint extents: neighbours and overlaps joined, and what lies past `size` (a VHD's footer) cut off. */
export function mergeExtents(extents: Iterable<Extent>, size: number): Extent[] {
  const sorted = [...extents].sort((a, b) => a.offset - b.offset);
  const merged: Extent[] = [];
  for (const { offset, length } of sorted) {
    const end = Math.min(offset + length, size);
    if (end <= offset) continue;
    const last = merged.at(-1);
    if (last && offset <= last.offset + last.length) last.length = Math.max(last.length, end - last.offset);
    else merged.push({ offset, length: end - offset });
  }
  return merged;
}
