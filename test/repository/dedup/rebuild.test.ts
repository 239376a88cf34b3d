import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rebuildIndex } from '../../../repository/dedup/rebuild.ts';
import { badName, packName, PREFIXES } from '../../../repository/format/layout.ts';
import { readDirectory } from '../../../repository/format/pack.ts';
import { openRepository } from '../../../repository/index.ts';
import { readPackDirectory } from '../../../repository/read/packDirectory.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { copyOf, noise, objectNames, seededRandom, smallRepository, write } from '../fixtures.ts';
import { secretsOf } from '../secretsOf.ts';

const BLOCK = 4096;
const image = noise(42 * BLOCK, 'rebuild');

/** A repository of seven data packs. */
const sound = await (async () => {
  const { store, repository, recoveryKey } = await smallRepository({ random: seededRandom('rebuild') });
  const writer = await repository.writer({ packBytes: 6 * BLOCK });
  await write(writer, image);
  await writer.close();
  const secrets = await secretsOf(store, recoveryKey);
  return { store, recoveryKey, secrets, packs: await objectNames(store, PREFIXES.data) };
})();

const rebuild = (store: ObjectStore, seed = 'again') =>
  rebuildIndex({ store, secrets: sound.secrets, random: seededRandom(seed) });

/** Blocks that a backup of the same image stores anew. */
async function blocksNew(store: ObjectStore): Promise<number> {
  const repository = await openRepository(store, { kind: 'recovery', key: sound.recoveryKey });
  const writer = await repository.writer();
  const { stats } = await write(writer, image);
  await writer.close();
  return stats.blocksNew;
}

describe('the index rebuilt from packs', () => {
  test('when all of it is lost, knows every block again', async () => {
    const store = await copyOf(sound.store);
    for (const name of await objectNames(store, PREFIXES.index)) await store.delete(name);
    expect(await blocksNew(await copyOf(store))).toBe(42);
    expect(await rebuild(store)).toEqual({ packs: sound.packs.length, damagedObjects: [], damagedPacks: [] });
    expect(await blocksNew(store)).toBe(0);
  });

  test('adds nothing when everything is listed', async () => {
    const store = await copyOf(sound.store);
    expect(await rebuild(store)).toMatchObject({ packs: 0 });
    expect(await objectNames(store)).toEqual(await objectNames(sound.store));
  });

  test('names what is damaged, lists the rest, and leaves bad packs out', async () => {
    const store = await copyOf(sound.store);
    const [index = ''] = await objectNames(store, PREFIXES.index);
    await store.put(index, [(await store.get(index)).data.subarray(0, 90)]);
    const [cut = '', bad = ''] = sound.packs;
    await store.put(cut, [(await store.get(cut)).data.subarray(0, -1)]);
    await store.put(badName('data', bad.slice(PREFIXES.data.length)), [Buffer.from('bad')]);
    const { packs, damagedObjects, damagedPacks } = await rebuild(store);
    expect(packs).toBe(sound.packs.length - 2);
    expect(damagedObjects.map(({ details }) => details.object)).toEqual([index]);
    expect(damagedPacks.map(({ details }) => details.object)).toEqual([cut]);
    expect(await rebuild(store, 'once more')).toMatchObject({ packs: 0 });
  });

  test('leaves an index object of a newer release alone, and lists its packs', async () => {
    const store = await copyOf(sound.store);
    const [index = ''] = await objectNames(store, PREFIXES.index);
    const { data } = await store.get(index);
    data.writeUInt8(2, 4);
    createHash('sha256')
      .update(data.subarray(0, -32))
      .digest()
      .copy(data, data.length - 32);
    await store.put(index, [data]);
    expect(await rebuild(store)).toEqual({ packs: sound.packs.length, damagedObjects: [], damagedPacks: [] });
    expect(await objectNames(store, PREFIXES.index)).toContain(index);
  });

  test('reads of each pack its end only', async () => {
    const reads: number[] = [];
    const get: ObjectStore['get'] = async (name, range, signal) => {
      if (name.startsWith(PREFIXES.data)) reads.push(range?.length ?? Infinity);
      return sound.store.get(name, range, signal);
    };
    const store = { ...sound.store, get };
    for (const name of sound.packs) {
      const pack = name.slice(PREFIXES.data.length);
      const { data } = await sound.store.get(packName('data', pack));
      const entries = await readPackDirectory(store, sound.secrets, { kind: 'data', pack, size: data.length });
      expect(entries).toEqual(readDirectory(sound.secrets, 'data', pack, data));
    }
    expect(Math.max(...reads)).toBe(16 * 1024);
    expect(reads.length).toBe(sound.packs.length);
  });

  test('a directory that is larger than one read of the end takes two', async () => {
    const { store, repository, recoveryKey } = await smallRepository();
    const writer = await repository.writer();
    const many = noise(1000 * BLOCK, 'many');
    await write(writer, many);
    await writer.close();
    const [name = ''] = await objectNames(store, PREFIXES.data);
    const { data } = await store.get(name);
    const pack = name.slice(PREFIXES.data.length);
    const secrets = await secretsOf(store, recoveryKey);
    const entries = await readPackDirectory(store, secrets, { kind: 'data', pack, size: data.length });
    expect(entries.length).toBe(1000);
    expect(entries).toEqual(readDirectory(secrets, 'data', pack, data));
  });
});
