import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderStore, memoryStore, openRepository } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import {
  bytesStored,
  noise,
  objectNames,
  point,
  POINT_ID,
  readBack,
  smallRepository,
  whole,
  write,
} from './fixtures.ts';

const BLOCK = 4096;
const SECOND_ID = '20260502T000000Z-00000002';
const MINUTE = 60_000;

describe('writers', () => {
  test('two at once, with much in common, are both right', async () => {
    const { store, repository, recoveryKey } = await smallRepository();
    const shared = noise(40 * BLOCK, 'shared');
    const images = ['a', 'b'].map((name) => Buffer.concat([shared, noise(20 * BLOCK, name), shared.subarray(BLOCK)]));
    const written = await Promise.all(
      images.map(async (image, i) => {
        const own = await openRepository(store, { kind: 'recovery', key: recoveryKey });
        const writer = await own.writer({ packBytes: 7 * BLOCK });
        const result = await write(writer, image);
        await writer.commit(point(i === 0 ? POINT_ID : SECOND_ID, result.image));
        await writer.close();
        return result;
      }),
    );
    for (const [i, { image }] of written.entries()) {
      expect((await readBack(repository.image(image))).equals(images[i] as Buffer)).toBe(true);
    }
    expect(await repository.pointIds()).toEqual([POINT_ID, SECOND_ID]);
  });

  test('several images at once through one writer store what they share once', async () => {
    const { store, repository } = await smallRepository();
    const writer = await repository.writer({ packBytes: 7 * BLOCK });
    const image = noise(60 * BLOCK, 'same');
    const results = await Promise.all([write(writer, image), write(writer, image), write(writer, image)]);
    expect(results.reduce((sum, { stats }) => sum + stats.blocksNew, 0)).toBe(60);
    for (const result of results) expect((await readBack(repository.image(result.image))).equals(image)).toBe(true);
    expect(await bytesStored(store, 'data/')).toBeLessThan(61 * BLOCK + 9 * 200 * 4);
    await writer.close();
  });

  test('the next writer finds what is there through the index, without reading packs', async () => {
    const memory = memoryStore();
    const read: string[] = [];
    const store: ObjectStore = {
      ...memory,
      get: (name, range, signal) => {
        read.push(name);
        return memory.get(name, range, signal);
      },
    };
    const { repository } = await smallRepository({ store });
    const image = noise(60 * BLOCK, 'same');
    const first = await repository.writer({ packBytes: 7 * BLOCK });
    await write(first, image);
    await first.close();
    const before = await bytesStored(store, 'data/');
    const second = await repository.writer();
    const { stats } = await write(second, image);
    await second.close();
    expect(stats.blocksNew).toBe(0);
    expect(await bytesStored(store, 'data/')).toBe(before);
    expect(read.filter((name) => name.startsWith('index/')).length).toBeGreaterThan(0);
    expect(read.filter((name) => name.startsWith('data/'))).toEqual([]);
  });

  test('a writer that did not renew for half an hour of the store may not commit', async () => {
    let time = Date.parse('2026-05-01T00:00:00Z');
    const { store, repository } = await smallRepository({ store: memoryStore(() => time) });
    const image = noise(BLOCK, 1);

    const slow = await repository.writer();
    const { image: ref } = await write(slow, image);
    time += 29 * MINUTE;
    await slow.commit(point(POINT_ID, ref));
    time += 30 * MINUTE;
    await expect(slow.commit(point(SECOND_ID, ref))).rejects.toMatchObject({ code: 'WRITER_LAPSED', retryable: true });
    await expect(slow.commit(point(SECOND_ID, ref))).rejects.toMatchObject({ code: 'WRITER_LAPSED' });
    await slow.close();
    expect(await repository.pointIds()).toEqual([POINT_ID]);

    const removed = await repository.writer();
    const names = await objectNames(store, 'writers/');
    for (const name of names) await store.delete(name);
    await expect(removed.commit(point(SECOND_ID, ref))).rejects.toMatchObject({ code: 'WRITER_LAPSED' });
  });

  test('a registration says when it began, by the time of the store, and that it ended', async () => {
    let time = Date.parse('2026-05-01T00:00:00Z');
    const { store, repository } = await smallRepository({ store: memoryStore(() => time) });
    const writer = await repository.writer();
    const { image } = await write(writer, noise(BLOCK, 1));
    time += 7 * MINUTE;
    await writer.commit(point(POINT_ID, image));
    const [name = ''] = await objectNames(store, 'writers/');
    const read = async () => JSON.parse((await store.get(name)).data.toString().split('\n')[0] ?? '') as object;
    expect(await read()).toMatchObject({ began: '2026-05-01T00:00:00.000Z', state: 'live', repository: repository.id });
    await writer.close();
    expect(await read()).toMatchObject({ began: '2026-05-01T00:00:00.000Z', state: 'closed' });
    await expect(writer.commit(point(SECOND_ID, image))).rejects.toMatchObject({ code: 'WRITER_LAPSED' });
  });

  test('a backup that stops half way leaves the points before it, and its work is used by the next try', async () => {
    const { store, repository } = await smallRepository();
    const writer = await repository.writer({ packBytes: 4 * BLOCK });
    const image = noise(1200 * BLOCK, 'first');
    const first = await write(writer, image);
    await writer.commit(point(POINT_ID, first.image));

    const changed = noise(image.length, 'second');
    const stop = new AbortController();
    const stopped = once(stop.signal, 'abort');
    const failing = writer.writeImage({
      size: changed.length,
      base: first.image,
      extents: whole(changed),
      read: async (offset, into) => {
        if (offset > 0) await stopped; // When the blocks of the first 4 MiB are stored or on their way.
        stop.signal.throwIfAborted();
        into.set(changed.subarray(offset, offset + into.length));
      },
      onProgress: () => stop.abort(),
      signal: stop.signal,
    });
    await expect(failing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await repository.pointIds()).toEqual([POINT_ID]);
    const found = await repository.point(POINT_ID);
    expect((await readBack(repository.image(found.disks[0]?.image as never))).equals(image)).toBe(true);

    await writer.close();

    const retry = await repository.writer({ packBytes: 4 * BLOCK });
    const second = await write(retry, changed, whole(changed), first.image);
    expect(second.stats.blocksNew).toBeLessThan(1200);
    await retry.commit(point(SECOND_ID, second.image));
    await retry.close();
    expect((await readBack(repository.image(second.image))).equals(changed)).toBe(true);
    expect((await objectNames(store, 'points/')).length).toBe(2);
  });

  test('a store that fails an upload fails the image and all after it, never a commit of what is not there', async () => {
    const store = memoryStore();
    let failing = false;
    const flaky: ObjectStore = {
      ...store,
      put: async (name, parts, options) => {
        if (failing && name.startsWith('data/')) throw new Error('the store is full');
        return store.put(name, parts, options);
      },
    };
    const { repository } = await smallRepository({ store: flaky });
    const writer = await repository.writer({ packBytes: 4 * BLOCK });
    failing = true;
    await expect(write(writer, noise(50 * BLOCK, 1))).rejects.toThrow('the store is full');
    failing = false;
    await expect(write(writer, noise(50 * BLOCK, 1))).rejects.toMatchObject({ code: 'WRITER_LAPSED', retryable: true });
    expect(await objectNames(store, 'maps/')).toEqual([]);
    expect(await objectNames(store, 'index/')).toEqual([]);
    await writer.close();
  });

  test('a put whose answer was lost is no error', async () => {
    const store = memoryStore();
    const forgetful: ObjectStore = {
      ...store,
      put: async (name, parts, options) => {
        await store.put(name, parts, options);
        return store.put(name, parts, options); // The client's own second try.
      },
    };
    const { repository } = await smallRepository({ store: forgetful });
    const writer = await repository.writer();
    const image = noise(5 * BLOCK, 1);
    const { image: ref } = await write(writer, image);
    await writer.commit(point(POINT_ID, ref));
    await writer.close();
    expect((await readBack(repository.image(ref))).equals(image)).toBe(true);
  });

  test('committing a point twice is once; another of the same id is refused', async () => {
    const { repository } = await smallRepository();
    const writer = await repository.writer();
    const { image } = await write(writer, noise(BLOCK, 1));
    expect((await writer.commit(point(POINT_ID, image))).stored).toBeGreaterThan(0);
    expect(await writer.commit(point(POINT_ID, image))).toEqual({ stored: 0 });
    await expect(writer.commit({ ...point(POINT_ID, image), session: 'another' })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    expect(await repository.point(POINT_ID)).toEqual(point(POINT_ID, image));
    expect(await repository.points()).toEqual([point(POINT_ID, image)]);
    await expect(repository.point('20300101T000000Z-00000000')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(repository.point('../keys')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await writer.close();
  });

  test('in a folder, through several processes of one store', async () => {
    const root = await mkdtemp(join(tmpdir(), 'strongroom-repository-'));
    try {
      const { repository, recoveryKey } = await smallRepository({ store: folderStore(root) });
      const writer = await repository.writer({ packBytes: 8 * BLOCK });
      const image = noise(30 * BLOCK + 512, 'folder');
      await writer.commit(point(POINT_ID, (await write(writer, image)).image));
      await writer.close();
      const again = await openRepository(folderStore(root), { kind: 'recovery', key: recoveryKey });
      const [found] = await again.points();
      expect((await readBack(again.image(found?.disks[0]?.image as never))).equals(image)).toBe(true);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
