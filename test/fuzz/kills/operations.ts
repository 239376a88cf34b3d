import { open, writeFile } from 'node:fs/promises';
import { folderStore, openRepository } from '../../../repository/index.ts';
import type { Extent, Repository } from '../../../repository/index.ts';
import { isCode } from '../../../repository/format/damage.ts';
import { imagePoint } from '../smallWorld.ts';

/** What is done to a repository while it is killed. */
export type Operation =
  | {
      kind: 'backup';
      point: string;
      /** File of the image. */
      image: string;
      /** Point of the same source, older. */
      base?: string;
      /** Against the base; the whole image when nothing is known of the changes. */
      changed: Extent[];
    }
  | { kind: 'prune'; deletePoints: string[]; repackBelow: number }
  | { kind: 'repair' }
  | {
      kind: 'rotate';
      /** File for the new recovery key. */
      keep: string;
    };

/** Small enough that an image is many packs. */
const PACK_BYTES = 32 * 1024;

export async function openFolder(folder: string, recoveryKeys: readonly string[]): Promise<Repository> {
  let refusal: unknown;
  for (const key of recoveryKeys) {
    try {
      return await openRepository(folderStore(folder), { kind: 'recovery', key });
    } catch (error) {
      if (!isCode(error, 'KEY_REFUSED')) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** Does it to its end. */
export async function operate(repository: Repository, operation: Operation): Promise<void> {
  switch (operation.kind) {
    case 'backup':
      return backUp(repository, operation);
    case 'prune':
      await repository.prune({ ...operation, packBytes: PACK_BYTES });
      return;
    case 'repair':
      await repository.verify({ readData: { kind: 'all' }, repair: true });
      return;
    case 'rotate': {
      const [slot] = await repository.keys.list();
      await repository.keys.rotate(slot?.id ?? '', { kind: 'recovery', keep: (key) => writeFile(operation.keep, key) });
    }
  }
}

async function backUp(
  repository: Repository,
  { point, image, base, changed }: Operation & { kind: 'backup' },
): Promise<void> {
  const file = await open(image);
  const { size } = await file.stat();
  const writer = await repository.writer({ packBytes: PACK_BYTES });
  try {
    const before = base && (await repository.point(base).catch(gone))?.disks[0]?.image;
    const written = await writer.writeImage({
      size,
      ...(before ? { base: before, extents: changed } : { extents: [{ offset: 0, length: size }] }),
      read: async (offset, into) => {
        await file.read(into, 0, into.length, offset);
      },
    });
    await writer.commit(imagePoint(point, written.image));
  } finally {
    await writer.close();
    await file.close();
  }
}

/** A prune beside it may have deleted the base: then everything is read. */
function gone(error: unknown): undefined {
  if (!isCode(error, 'NOT_FOUND')) throw error;
}
