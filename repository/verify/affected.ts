import type { Point } from '../../model/point.ts';
import type { Extent } from '../../model/extents.ts';
import type { Geometry } from '../format/geometry.ts';
import type { Ref } from '../format/pack.ts';
import type { MapReader } from '../read/mapReader.ts';
import { referenceKey } from './references.ts';
import type { Broken, References } from './references.ts';
import type { AffectedDisk } from './report.ts';

const RANGES_NAMED = 100;

/** The image of a disk of a point. */
export interface DiskImage {
  point: string;
  disk: Point['disks'][number]['key'];
  geometry: Geometry;
  root: Ref | null;
}

/** Collects ranges in ascending order; neighbours become one. */
class Ranges {
  readonly named: Extent[] = [];
  bytes = 0;
  count = 0;
  #end = -1;

  add(offset: number, length: number): void {
    this.bytes += length;
    if (offset === this.#end) {
      // A range that is not named grows unseen.
      const last = this.named.at(-1);
      if (last && this.count <= RANGES_NAMED) last.length += length;
    } else {
      if (this.count++ < RANGES_NAMED) this.named.push({ offset, length });
    }
    this.#end = offset + length;
  }
}

/**
 * What of a disk cannot be read because of broken references: by the object that is to blame. Looks only below pages that
 * were not found sound.
 * @param spared keys of broken references whose content exists elsewhere
 */
export async function affectedBy(
  { point, disk, geometry, root }: DiskImage,
  { maps, references, spared }: { maps: MapReader; references: References; spared: ReadonlySet<string> },
): Promise<Map<string, AffectedDisk>> {
  const { size, blockSize, fanOut, depth } = geometry;
  const found = new Map<string, Ranges>();
  const lose = ({ kind, ref, error }: Broken, block: number, level: number) => {
    if (spared.has(referenceKey(kind, ref))) return;
    const object = error.details['object'] ?? '';
    const ranges = found.get(object) ?? new Ranges();
    found.set(object, ranges);
    const offset = block * blockSize;
    ranges.add(offset, Math.min(size - offset, fanOut ** level * blockSize));
  };
  const look = async (ref: Ref, level: number, first: number): Promise<void> => {
    const broken = references.broken.get(referenceKey('maps', ref));
    if (broken) return lose(broken, first, level + 1);
    if (await references.isSound(ref, level)) return;
    const page = await maps.page(ref, level);
    const span = fanOut ** level;
    for (const [i, child] of page.entries()) {
      if (!child) continue;
      const block = first + i * span;
      if (level > 0) await look(child, level - 1, block);
      else {
        const lost = references.broken.get(referenceKey('data', child));
        if (lost) lose(lost, block, 0);
      }
    }
  };
  if (root) await look(root, depth - 1, 0);
  return new Map(
    [...found].map(([object, { bytes, named, count }]) => [
      object,
      { point, disk, bytes, ranges: named, rangeCount: count },
    ]),
  );
}
