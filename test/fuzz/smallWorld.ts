import type { ImagePoint, ImageRef } from '../../model/point.ts';
import { writeMark } from '../../repository/format/marks.ts';
import { badName, checkName, markName, packName } from '../../repository/format/layout.ts';
import { writeBadMark } from '../../repository/format/badMark.ts';
import { writeCheck } from '../../repository/format/check.ts';
import { openRepository } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { created, noise, objectNames, point, seededRandom, smallRepository, write } from '../repository/fixtures.ts';
import { repack } from '../repository/repack.ts';
import { secretsOf } from '../repository/secretsOf.ts';

export const BLOCK = 4096;

/** A repository with what its points are known to hold, by point and disk. */
export interface World {
  store: ObjectStore;
  recoveryKey: string;
  images: ReadonlyMap<string, readonly Buffer[]>;
}

/** The restore point of an image that the command line would write. */
export function imagePoint(id: string, image: ImageRef): ImagePoint {
  return {
    version: 1,
    id,
    time: created,
    session: 'session',
    source: { kind: 'image', name: 'disk.img' },
    consistency: 'unknown',
    disks: [
      {
        key: 'disk0',
        name: 'disk.img',
        size: image.size,
        image,
        read: { mode: 'full', reason: 'first' },
        stats: { size: image.size, read: 0, stored: 0, blocksRead: 0, blocksNew: 0, blocksZero: 0 },
      },
    ],
  };
}

/**
 * A small repository with an object of every kind: three points (of a machine and of an image, in full and incremental), several
 * packs, of which one data pack and one maps pack were moved away, a mark, a bad mark and a check.
 */
export async function makeWorld(seed: string): Promise<World> {
  const { store, repository, recoveryKey } = await smallRepository({ random: seededRandom(seed) });
  const images = new Map<string, Buffer[]>();

  const os = Buffer.concat([noise(3 * BLOCK, seed), Buffer.alloc(9 * BLOCK), Buffer.alloc(2 * BLOCK + 512, 'text')]);
  const data = Buffer.concat([noise(2 * BLOCK, `${seed} data`), noise(BLOCK, seed)]);
  const changed = Buffer.from(os);
  noise(BLOCK, `${seed} changed`).copy(changed, 2 * BLOCK);

  const writer = await repository.writer({ packBytes: 3 * BLOCK });
  const first = [await write(writer, os), await write(writer, data)];
  await writer.commit(point('20260501T000000Z-00000001', ...first.map(({ image }) => image)));
  images.set('20260501T000000Z-00000001', [os, data]);
  const second = await write(writer, changed, [{ offset: 2 * BLOCK, length: BLOCK }], first[0]?.image);
  await writer.commit(point('20260502T000000Z-00000002', second.image));
  images.set('20260502T000000Z-00000002', [changed]);
  const third = await write(writer, data.subarray(0, 2 * BLOCK));
  await writer.commit(imagePoint('20260503T000000Z-00000003', third.image));
  images.set('20260503T000000Z-00000003', [data.subarray(0, 2 * BLOCK)]);
  await writer.close();

  const secrets = await secretsOf(store, recoveryKey);
  for (const kind of ['data', 'maps'] as const) {
    const [first = ''] = await objectNames(store, `${kind}/`);
    const pack = first.slice(kind.length + 1);
    await repack(store, secrets, kind, pack);
    await store.delete(packName(kind, pack));
  }
  const [some = ''] = await objectNames(store, 'data/');
  const pack = some.slice('data/'.length);
  const about = { repository: repository.id, pack, kind: 'data' as const };
  await store.put(markName('data', pack), [writeMark({ ...about, plan: 'plan', state: 'marked' })]);
  await store.put(badName('data', pack), [writeBadMark({ ...about, found: created, entries: [32] })]);
  const check = { repository: repository.id, began: created, data: true, packs: { data: [pack], maps: [] } };
  await store.put(checkName('00'.repeat(16)), [writeCheck(check)]);
  return { store, recoveryKey, images };
}

/** What a holder of the key makes of a store: by point its disks, or the error that reading it met. */
export async function readWorld(store: ObjectStore, recoveryKey: string): Promise<Map<string, Buffer[] | Error>> {
  const found = new Map<string, Buffer[] | Error>();
  try {
    const repository = await openRepository(store, { kind: 'recovery', key: recoveryKey });
    for (const id of await repository.pointIds()) {
      try {
        const disks = (await repository.point(id)).disks.map(async ({ image }) => {
          const reader = repository.image(image);
          return reader.read(0, reader.size);
        });
        found.set(id, await Promise.all(disks));
      } catch (error) {
        found.set(id, error as Error);
      }
    }
  } catch (error) {
    found.set('', error as Error);
  }
  return found;
}
