import { describe, expect, test } from 'vitest';
import { packName } from '../../../repository/format/layout.ts';
import type { PackKind } from '../../../repository/format/layout.ts';
import { PACK_HEAD_BYTES } from '../../../repository/format/pack.ts';
import { memoryStore, openRepository } from '../../../repository/index.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { noise, objectNames, point, POINT_ID, readBack, smallRepository, write } from '../fixtures.ts';
import { forward, repack } from '../repack.ts';
import { secretsOf } from '../secretsOf.ts';

const BLOCK = 4096;

/** A repository of one point in several packs, and a log of what is asked of its store. */
async function makeRepository() {
  let now = Date.parse('2026-05-01T00:00:00Z');
  const memory = memoryStore(() => (now += 1000));
  const asked: string[] = [];
  const store: ObjectStore = {
    ...memory,
    get: (name, range) => {
      asked.push(`get ${name}`);
      return memory.get(name, range);
    },
    list: (prefix) => {
      asked.push(`list ${prefix}`);
      return memory.list(prefix);
    },
  };
  const { repository, recoveryKey } = await smallRepository({ store });
  const bytes = Buffer.concat([noise(20 * BLOCK, 'forwards'), Buffer.alloc(3 * BLOCK), noise(9 * BLOCK + 512, 'more')]);
  const writer = await repository.writer({ packBytes: 6 * BLOCK });
  const { image } = await write(writer, bytes);
  await writer.commit(point(POINT_ID, image));
  await writer.close();
  const secrets = await secretsOf(store, recoveryKey);
  const reopen = async () => (await openRepository(store, { kind: 'recovery', key: recoveryKey })).image(image);
  return { store, asked, secrets, bytes, reopen };
}

const packsOf = async (store: ObjectStore, kind: PackKind) =>
  (await objectNames(store, `${kind}/`)).map((name) => name.slice(kind.length + 1));

describe('forwards', () => {
  test('are not asked for while every part is readable', async () => {
    const { asked, reopen, bytes } = await makeRepository();
    const image = await reopen();
    asked.length = 0;
    expect((await readBack(image)).equals(bytes)).toBe(true);
    expect(asked.filter((request) => request.includes('moved/'))).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
  });

  test('lead through packs that were repacked three times and deleted; each costs few requests in vain', async () => {
    const { store, asked, secrets, reopen, bytes } = await makeRepository();
    const gone: string[] = [];
    for (const kind of ['data', 'maps'] as const) {
      for (const pack of await packsOf(store, kind)) {
        let old = pack;
        for (let round = 0; round < 3; round++) {
          const next = await repack(store, secrets, kind, old);
          await store.delete(packName(kind, old));
          gone.push(packName(kind, old));
          old = next;
        }
      }
    }
    const image = await reopen();
    asked.length = 0;
    expect((await readBack(image)).equals(bytes)).toBe(true);
    asked.length = 0;
    expect((await readBack(image)).equals(bytes)).toBe(true);
    expect(asked.filter((request) => gone.includes(request.slice('get '.length)))).toEqual([]);
  });

  test('lead away from a part that is altered and a pack that is cut; sound parts are read at their own place', async () => {
    const { store, asked, secrets, reopen, bytes } = await makeRepository();
    const [altered = '', cut = ''] = await packsOf(store, 'data');
    const copies = [await repack(store, secrets, 'data', altered), await repack(store, secrets, 'data', cut)];
    const { data } = await store.get(packName('data', altered));
    data[PACK_HEAD_BYTES + 5] = 1 ^ (data[PACK_HEAD_BYTES + 5] ?? 0);
    await store.put(packName('data', altered), [data]);
    const { data: other } = await store.get(packName('data', cut));
    await store.put(packName('data', cut), [other.subarray(0, other.length >> 1)]);
    const image = await reopen();
    asked.length = 0;
    expect((await readBack(image)).equals(bytes)).toBe(true);
    expect(asked.filter((request) => request === `get data/${copies[0]}`).length).toBe(1);
    const ofCut = asked.filter((request) => request === `get data/${copies[1]}`).length;
    expect(ofCut).toBeGreaterThan(0);
    expect(ofCut).toBeLessThan(6);
  });

  test('the one written last counts', async () => {
    const { store, secrets, reopen, bytes } = await makeRepository();
    const [pack = ''] = await packsOf(store, 'data');
    const first = await repack(store, secrets, 'data', pack);
    await repack(store, secrets, 'data', pack);
    await store.delete(packName('data', pack));
    const image = await reopen();
    expect((await readBack(image)).equals(bytes)).toBe(true);
    await store.delete(packName('data', first));
    expect((await readBack(await reopen())).equals(bytes)).toBe(true);
  });

  test('a missing part without a forward is told as it is: the pack is missing', async () => {
    const { store, reopen } = await makeRepository();
    const [pack = ''] = await packsOf(store, 'data');
    await store.delete(packName('data', pack));
    await expect(readBack(await reopen())).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
      details: { object: packName('data', pack) },
    });
  });

  test.each([
    ['itself', (pack: string) => pack],
    ['a pack that leads back', () => 'ab'.repeat(16)],
  ])('that lead to %s are refused as a loop', async (_, target) => {
    const { store, secrets, reopen } = await makeRepository();
    const [pack = ''] = await packsOf(store, 'data');
    await store.delete(packName('data', pack));
    const other = target(pack);
    const offsets = Array.from({ length: 6 }, (_, i) => PACK_HEAD_BYTES + i * (BLOCK + 17));
    const places = (to: string) => new Map(offsets.map((offset) => [offset, { pack: to, offset, length: BLOCK + 17 }]));
    await forward(store, secrets, 'data', pack, places(other));
    if (other !== pack) await forward(store, secrets, 'data', other, places(pack));
    await expect(readBack(await reopen())).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
      message: expect.stringContaining('loop') as string,
    });
  });

  test('to another block than was there give no wrong data', async () => {
    const { store, secrets, reopen } = await makeRepository();
    const [pack = '', other = ''] = await packsOf(store, 'data');
    const place = { pack: other, offset: PACK_HEAD_BYTES, length: BLOCK + 17 };
    await store.delete(packName('data', pack));
    await forward(store, secrets, 'data', pack, new Map([[PACK_HEAD_BYTES, place]]));
    await expect(readBack(await reopen())).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' });
  });

  test('that are damaged are named when no other says where a part is', async () => {
    const { store, secrets, reopen } = await makeRepository();
    const [pack = ''] = await packsOf(store, 'data');
    await repack(store, secrets, 'data', pack);
    await store.delete(packName('data', pack));
    const [name = ''] = await objectNames(store, 'moved/');
    const { data } = await store.get(name);
    await store.put(name, [data.subarray(1)]);
    await expect(readBack(await reopen())).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
      details: { object: name },
    });
  });
});
