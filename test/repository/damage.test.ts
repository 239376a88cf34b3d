import { afterAll, describe, expect, test } from 'vitest';
import { StrongroomError } from '../../model/errors.ts';
import type { ImageRef, MachinePoint } from '../../model/point.ts';
import { openRepository } from '../../repository/index.ts';
import type { Repository } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import {
  bytesStored,
  copyOf,
  noise,
  objectNames,
  point,
  POINT_ID,
  readBack,
  seededRandom,
  smallRepository,
  write,
} from './fixtures.ts';

const BLOCK = 4096;
const SECOND_ID = '20260502T000000Z-00000002';

/** Two points of one image: noise, text and zeros; several packs, three levels of pages. */
async function makeRepository(seed: string) {
  const { store, repository, recoveryKey } = await smallRepository({ random: seededRandom(seed) });
  const writer = await repository.writer({ packBytes: 6 * BLOCK });
  const first = Buffer.concat([
    noise(10 * BLOCK, seed),
    Buffer.alloc(10 * BLOCK),
    Buffer.alloc(4 * BLOCK + 512, 'text'),
  ]);
  const one = await write(writer, first);
  await writer.commit(point(POINT_ID, one.image));
  const second = Buffer.from(first);
  noise(2 * BLOCK, `${seed}2`).copy(second, 5 * BLOCK);
  const two = await write(writer, second, [{ offset: 5 * BLOCK, length: 2 * BLOCK }], one.image);
  await writer.commit(point(SECOND_ID, two.image));
  await writer.close();
  return { store, recoveryKey, images: { [POINT_ID]: first, [SECOND_ID]: second } as Record<string, Buffer> };
}

/** What a reader with the key makes of a store: per point its bytes, or the errors met on the way. */
async function restoreAll(store: ObjectStore, recoveryKey: string) {
  const errors: StrongroomError[] = [];
  const images = new Map<string, Buffer>();
  const guard = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StrongroomError)) throw error;
      errors.push(error);
      return undefined;
    }
  };
  const repository = await guard(() => openRepository(store, { kind: 'recovery', key: recoveryKey }));
  for (const id of repository ? await repository.pointIds() : []) {
    const bytes = await guard(async () =>
      readBack((repository as Repository).image(imageOf((await await repository?.point(id)) as MachinePoint))),
    );
    if (bytes) images.set(id, bytes);
  }
  return { errors, images };
}

const imageOf = (found: MachinePoint | undefined): ImageRef => found?.disks[0]?.image as ImageRef;

describe('a damaged repository', async () => {
  const sound = await makeRepository('sound');
  const names = (await objectNames(sound.store)).filter((name) => !name.startsWith('writers/'));
  let damagedReads = 0;
  afterAll(() => expect(damagedReads).toBeGreaterThan(100));

  const check = async (store: ObjectStore, name: string) => {
    const { errors, images } = await restoreAll(store, sound.recoveryKey);
    for (const [id, bytes] of images)
      expect(bytes.equals(sound.images[id] as Buffer), `${id} with ${name} damaged`).toBe(true);
    for (const error of errors) {
      expect(error.code, error.message).toBe('REPOSITORY_DAMAGED');
      expect(error.details.object).toBe(name);
      expect(error.message).toContain(name);
      damagedReads++;
    }
    return errors.length;
  };

  test('as it is, it restores', async () => {
    const { errors, images } = await restoreAll(sound.store, sound.recoveryKey);
    expect(errors).toEqual([]);
    expect([...images.keys()]).toEqual([POINT_ID, SECOND_ID]);
    expect(names.filter((name) => name.startsWith('data/')).length).toBeGreaterThan(2);
  });

  test.each(names)('%s flipped or truncated is named or not needed: never wrong bytes', async (name) => {
    const { data } = await sound.store.get(name);
    const store = await copyOf(sound.store);
    const step = Math.max(1, Math.floor(data.length / 24));
    for (let at = 0; at < data.length; at += step) {
      const flipped = Buffer.from(data);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      await store.put(name, [flipped]);
      await check(store, name);
    }
    for (const length of [0, 1, data.length >> 1, data.length - 1]) {
      await store.put(name, [data.subarray(0, length)]);
      await check(store, name);
    }
  });

  test.each(names.filter((name) => /^(data|maps|points)\//.test(name)))(
    '%s exchanged for another of its kind is named',
    async (name) => {
      const folder = name.slice(0, name.indexOf('/') + 1);
      const other = await makeRepository('other');
      const strangers = [
        ...(await objectNames(other.store, folder)).slice(0, 1).map((n) => ({ n, from: other.store })),
      ];
      const siblings = names.filter((n) => n.startsWith(folder) && n !== name).map((n) => ({ n, from: sound.store }));
      for (const { n, from } of [...strangers, ...siblings]) {
        const store = await copyOf(sound.store);
        await store.put(name, [(await from.get(n)).data]);
        expect(await check(store, name)).toBeGreaterThan(0);
      }
    },
  );

  test.each(names.filter((name) => /^(data|maps)\//.test(name)))('%s missing is named', async (name) => {
    const store = await copyOf(sound.store);
    await store.delete(name);
    expect(await check(store, name)).toBeGreaterThan(0);
  });

  test('both key objects may be lost: each point holds the key slots', async () => {
    const store = await copyOf(sound.store);
    for (const name of await objectNames(store, 'keys/')) await store.delete(name);
    expect((await restoreAll(store, sound.recoveryKey)).images.size).toBe(2);
    for (const name of await objectNames(store, 'points/')) await store.delete(name);
    const opening = openRepository(store, { kind: 'recovery', key: sound.recoveryKey });
    await expect(opening).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
      message: expect.stringContaining('keys/') as string,
    });
  });

  test('a configuration exchanged for that of another repository is named', async () => {
    const store = await copyOf(sound.store);
    const other = await makeRepository('other');
    await store.put('strongroom.json', [(await other.store.get('strongroom.json')).data]);
    await expect(openRepository(store, { kind: 'recovery', key: sound.recoveryKey })).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
    });
  });

  test('a damaged index is named by the next write, which does without it; packs that went are stored anew', async () => {
    const [index = ''] = await objectNames(sound.store, 'index/');
    const store = await copyOf(sound.store);
    await store.put(index, [(await store.get(index)).data.subarray(0, 100)]);
    const repository = await openRepository(store, { kind: 'recovery', key: sound.recoveryKey });
    const image = sound.images[POINT_ID] as Buffer;
    const warnings: StrongroomError[] = [];
    const without = await repository.writer({ onWarning: (warning) => warnings.push(warning) });
    const again = await write(without, image);
    expect((await readBack(repository.image(again.image))).equals(image)).toBe(true);
    expect(warnings).toMatchObject([{ code: 'REPOSITORY_DAMAGED', details: { object: index } }]);
    await without.close();

    const writer = await repository.writer();
    for (const name of await objectNames(store, 'data/')) await store.delete(name);
    const before = await bytesStored(store);
    const { image: ref } = await write(writer, image);
    expect((await readBack(repository.image(ref))).equals(image)).toBe(true);
    expect((await bytesStored(store)) - before).toBeGreaterThan(10 * BLOCK);
    await writer.close();
  });
});
