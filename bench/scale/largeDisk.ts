import { mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Extent } from '../../repository/index.ts';
import { overwrite, scattered } from '../repository/image.ts';
import { measured } from '../repository/measured.ts';
import type { Cost } from '../repository/measured.ts';

const STRONGROOM = fileURLToPath(new URL('../../dist/cli/strongroom.mjs', import.meta.url));
const MIB = 2 ** 20;

export interface Measurement extends Cost {
  what: string;
}

/**
 * What a sparse disk costs: a backup of what is allocated, an incremental, a restore and a verification.
 * @param memory a folder of a file system in memory: others have no files of 32 TiB
 * @param folder for the repository
 * @param size of the disk
 * @param data bytes of random data on it, in pieces of 1 MiB at random places
 */
export async function* largeDisk(
  memory: string,
  folder: string,
  size: number,
  data: number,
): AsyncGenerator<Measurement> {
  const [image, restored] = [join(memory, 'image'), join(memory, 'restored')];
  const [repository, passphrase] = [join(folder, 'repository'), join(folder, 'passphrase')];
  const ranges = (extents: readonly Extent[]) => {
    const file = join(folder, 'ranges.json');
    writeFileSync(file, JSON.stringify(extents));
    return file;
  };
  const run = async (what: string, ...args: string[]): Promise<Measurement> => {
    const command = [STRONGROOM, 'repo', ...args, '--passphrase-file', passphrase];
    const env = { STRONGROOM_REPO: repository };
    return { what, ...(await measured({ program: process.execPath, args: command, env })) };
  };

  mkdirSync(folder);
  writeFileSync(passphrase, 'correct horse battery staple');
  writeFileSync(image, '');
  truncateSync(image, size);
  const allocated = scattered(size, data / MIB, MIB, `data/${size}`);
  await overwrite(image, allocated, 'data');
  await run('init', 'init', repository);
  yield await run('full', 'backup', image, '--source', 'disk');
  const changed = scattered(size, 4096, 64 * 1024, `changed/${size}`);
  await overwrite(image, changed, 'changed');
  yield await run(
    '4,096 × 64 KiB, told where',
    'backup',
    image,
    '--source',
    'disk',
    '--changed-ranges',
    ranges(changed),
  );
  yield await run('restore', 'restore', 'latest', '--to', restored);
  await compare(image, restored, [...allocated, ...changed]);
  yield await run('verify', 'verify', '--read-data');
  rmSync(image);
  rmSync(restored);
  rmSync(folder, { recursive: true });
}

/** @throws when the restored image has other data, or other places in use */
async function compare(image: string, restored: string, extents: readonly Extent[]): Promise<void> {
  const [a, b] = await Promise.all([open(image), open(restored)]);
  for (const { offset, length } of extents) {
    const [one, other] = [Buffer.alloc(length), Buffer.alloc(length)];
    await a.read(one, 0, length, offset);
    await b.read(other, 0, length, offset);
    if (!one.equals(other)) throw new Error(`The restored image differs at ${offset}.`);
  }
  await Promise.all([a.close(), b.close()]);
  const [one, other] = [statSync(image), statSync(restored)];
  // A restore writes whole blocks of 256 KiB, so a piece of data may grow to its blocks.
  if (one.size !== other.size || other.blocks > 6 * one.blocks) throw new Error('The restored image has another size.');
}
