import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import type { Images } from './image.ts';
import type { Damage } from './problem.ts';
import { Problem } from './problem.ts';
import type { Disk } from './points.ts';

export interface RestoreOptions {
  overwrite: boolean;
  /** Leave zeros where a block cannot be read, and go on. */
  skipDamaged: boolean;
  progress(done: number): void;
}

/** A stretch of a disk that could not be read. */
export interface Lost {
  offset: number;
  length: number;
  damage: Damage;
}

/**
 * Writes a disk as a raw image with holes. The file gets its name when it is complete.
 * @returns what could not be read and is zeros instead
 * @throws Problem (the target exists), Damage
 */
export function restore(images: Images, disk: Disk, target: string, options: RestoreOptions): Lost[] {
  const found = statSync(target, { throwIfNoEntry: false });
  if (found && !found.isFile()) throw new Problem(`${target} is no file: restore to a file, and copy it from there.`);
  if (found && !options.overwrite) throw new Problem(`${target} exists: name another file, or say --overwrite.`);
  const partial = `${target}.partial`;
  const file = openSync(partial, 'w');
  try {
    const lost = writeTo(file, images, disk, options);
    fsyncSync(file);
    closeSync(file);
    renameSync(partial, target);
    return lost;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

function writeTo(file: number, images: Images, disk: Disk, { skipDamaged, progress }: RestoreOptions): Lost[] {
  const lost: Lost[] = [];
  ftruncateSync(file, disk.size);
  for (const block of images.blocks(disk)) {
    if ('damage' in block) {
      if (!skipDamaged) throw block.damage;
      lost.push(block);
    } else {
      for (let done = 0; done < block.data.length;) {
        done += writeSync(file, block.data, done, block.data.length - done, block.offset + done);
      }
    }
    progress(block.offset);
  }
  return lost;
}
