import { StrongroomError } from '../../model/errors.ts';
import type { Point } from '../../model/point.ts';

type Disk = Point['disks'][number];

/**
 * The disk of a point that a person names, by its number from 0 or its key; the only one needs no name.
 * @throws INVALID_INPUT, NOT_FOUND
 */
export function findDisk({ id, disks }: Point, wanted: string | undefined): Disk {
  const all = disks.map(({ key }, number) => `${number} (${key})`).join(', ');
  if (wanted === undefined) {
    if (disks.length > 1)
      throw new StrongroomError('INVALID_INPUT', `Which disk? Point ${id} has ${all}: name one with --disk.`);
    return disks[0]!;
  }
  const found = disks.find(({ key }, number) => key === wanted || `${number}` === wanted);
  if (!found) throw new StrongroomError('NOT_FOUND', `Point ${id} has no disk ${wanted}: it has ${all}.`);
  return found;
}
