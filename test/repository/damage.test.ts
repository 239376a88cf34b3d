import { describe, expect, test } from 'vitest';
import type { StrongroomError } from '../../model/errors.ts';
import { openRepository } from '../../repository/index.ts';
import { makeWorld, readWorld } from '../fuzz/smallWorld.ts';
import { bytesStored, copyOf, objectNames, readBack, write } from './fixtures.ts';

// What every altered byte, truncation and exchange of an object comes to: test/fuzz/bytes.test.ts.
describe('a damaged repository', async () => {
  const sound = await makeWorld('damage');
  const open = (store = sound.store) => openRepository(store, { kind: 'recovery', key: sound.recoveryKey });
  const [image = Buffer.alloc(0)] = sound.images.get('20260501T000000Z-00000001') ?? [];

  test('both key objects may be lost: each point holds the key slots', async () => {
    const store = await copyOf(sound.store);
    for (const name of await objectNames(store, 'keys/')) await store.delete(name);
    expect(await readWorld(store, sound.recoveryKey)).toEqual(sound.images);
    for (const name of await objectNames(store, 'points/')) await store.delete(name);
    await expect(open(store)).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
      message: expect.stringContaining('keys/') as string,
    });
  });

  test('a configuration exchanged for that of another repository is named', async () => {
    const store = await copyOf(sound.store);
    const other = await makeWorld('other');
    await store.put('strongroom.json', [(await other.store.get('strongroom.json')).data]);
    await expect(open(store)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' });
  });

  test('a damaged index is named by the next write, which does without it', async () => {
    const store = await copyOf(sound.store);
    const names = await objectNames(store, 'index/');
    for (const name of names) await store.put(name, [(await store.get(name)).data.subarray(0, 100)]);
    const repository = await open(store);
    const warnings: StrongroomError[] = [];
    const writer = await repository.writer({ onWarning: (warning) => warnings.push(warning) });
    const again = await write(writer, image);
    await writer.close();
    expect((await readBack(repository.image(again.image))).equals(image)).toBe(true);
    expect(warnings).toMatchObject(names.map((object) => ({ code: 'REPOSITORY_DAMAGED', details: { object } })));
    expect(again.stats.blocksNew).toBeGreaterThan(3);
  });

  test('packs that went are stored anew', async () => {
    const store = await copyOf(sound.store);
    for (const name of await objectNames(store, 'data/')) await store.delete(name);
    const before = await bytesStored(store);
    const repository = await open(store);
    const writer = await repository.writer();
    const { image: ref } = await write(writer, image);
    await writer.close();
    expect((await readBack(repository.image(ref))).equals(image)).toBe(true);
    expect((await bytesStored(store)) - before).toBeGreaterThan(3 * 4096);
  });
});
