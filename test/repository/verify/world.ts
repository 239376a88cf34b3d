import type { ImageRef } from '../../../model/point.ts';
import { memoryStore, openRepository } from '../../../repository/index.ts';
import type { Repository, VerifyOptions, VerifyReport } from '../../../repository/index.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { noise, objectNames, point, seededRandom, smallRepository, write } from '../fixtures.ts';

export const BLOCK = 4096;
export const FIRST = '20260501T000000Z-00000001';
export const SECOND = '20260502T000000Z-00000002';

/**
 * Two points of one disk of 27 blocks, maps of three levels: 10 blocks of noise, 10 of zeros, 6 of noise and a short one;
 * in the second point blocks 5 and 6 are others. Data packs hold six blocks.
 */
export async function makeWorld() {
  const clock = { now: Date.parse('2026-05-03T00:00:00Z') };
  const store = memoryStore(() => (clock.now += 1000));
  const random = seededRandom('verify');
  const { repository, recoveryKey } = await smallRepository({ store, random });
  const first = Buffer.concat([noise(10 * BLOCK, 'a'), Buffer.alloc(10 * BLOCK), noise(6 * BLOCK + 512, 'b')]);
  const second = Buffer.from(first);
  noise(2 * BLOCK, 'c').copy(second, 5 * BLOCK);
  const writer = await repository.writer({ packBytes: 6 * BLOCK });
  const one = await write(writer, first);
  await writer.commit(point(FIRST, one.image));
  const two = await write(writer, second, [{ offset: 5 * BLOCK, length: 2 * BLOCK }], one.image);
  await writer.commit(point(SECOND, two.image));
  await writer.close();
  const images: Record<string, { image: ImageRef; bytes: Buffer }> = {
    [FIRST]: { image: one.image, bytes: first },
    [SECOND]: { image: two.image, bytes: second },
  };
  const open = () => openRepository(store, { kind: 'recovery', key: recoveryKey }, { random });
  return { store, clock, random, recoveryKey, images, open };
}
export type World = Awaited<ReturnType<typeof makeWorld>>;

/** A copy to damage: its own store with the same objects. */
export async function fork(world: World): Promise<World> {
  const clock = { ...world.clock };
  const store = memoryStore(() => (clock.now += 1000));
  for (const name of await objectNames(world.store)) await store.put(name, [(await world.store.get(name)).data]);
  const random = seededRandom('fork');
  const open = () => openRepository(store, { kind: 'recovery', key: world.recoveryKey }, { random });
  return { ...world, store, clock, random, open, images: { ...world.images } };
}

export const verify = async ({ open }: World, options?: VerifyOptions): Promise<VerifyReport> =>
  (await open()).verify(options);

export async function flip(store: ObjectStore, name: string, at: number): Promise<void> {
  const { data } = await store.get(name);
  const byte = at < 0 ? data.length + at : at;
  data[byte] = 1 ^ (data[byte] ?? 0);
  await store.put(name, [data]);
}

/** Which blocks of which points cannot be read back: `point/block`. What is read back is what was written. */
export async function unreadable(world: World): Promise<string[]> {
  const lost: string[] = [];
  const repository: Repository = await world.open();
  for (const [id, { image, bytes }] of Object.entries(world.images)) {
    const reader = repository.image(image);
    for (let offset = 0; offset < bytes.length; offset += BLOCK) {
      const length = Math.min(BLOCK, bytes.length - offset);
      const read = await reader.read(offset, length).catch(() => undefined);
      if (!read) lost.push(`${id}/${offset / BLOCK}`);
      else if (!read.equals(bytes.subarray(offset, offset + length)))
        throw new Error(`wrong bytes in ${id} at ${offset}`);
    }
  }
  return lost;
}

/** The blocks that a report names as lost: as {@link unreadable} says them. */
export function named({ problems }: VerifyReport): string[] {
  const blocks = problems.flatMap(({ affected }) =>
    affected.flatMap(({ point: id, ranges }) =>
      ranges.flatMap(({ offset, length }) =>
        Array.from({ length: Math.ceil(length / BLOCK) }, (_, i) => `${id}/${offset / BLOCK + i}`),
      ),
    ),
  );
  return [...new Set(blocks)].sort((a, b) => order(a) - order(b));
}

const order = (name: string): number => {
  const [id = '', block] = name.split('/');
  return (id === FIRST ? 0 : 1000) + Number(block);
};
