import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openRepository, serveNbd } from '../../../repository/index.ts';
import type { NbdOptions, NbdServer } from '../../../repository/index.ts';
import { BlockCache } from '../../../repository/nbd/blockCache.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { noise, objectNames, smallRepository, write } from '../fixtures.ts';
import { connectTo, haggle, nextChunk, readAll, reading, request, text, u16, u32 } from './client.ts';

const BLOCK = 4096;
const BLOCKS = 256;
const EIO = 5;

const servers: NbdServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Every third block is a hole, and one stretch in the middle; the rest repeats nothing. */
function sampleImage(): Buffer {
  const image = noise(BLOCKS * BLOCK, 'image');
  for (let block = 0; block < BLOCKS; block += 3) image.fill(0, block * BLOCK, (block + 1) * BLOCK);
  return image.fill(0, 100 * BLOCK, 140 * BLOCK);
}

/** A server over a repository with two images; counts what it reads from the store. */
async function serving(options: Partial<NbdOptions> = {}) {
  const { store, repository, recoveryKey } = await smallRepository({ fanOut: 16 });
  const image = sampleImage();
  const second = noise(3 * 512, 'second');
  const writer = await repository.writer();
  const refs = [(await write(writer, image)).image, (await write(writer, second)).image];
  await writer.close();

  const reads: { name: string; length: number }[] = [];
  const counting: ObjectStore = {
    ...store,
    get(name, range, signal) {
      reads.push({ name, length: range?.length ?? 0 });
      return store.get(name, range, signal);
    },
  };
  const opened = await openRepository(counting, { kind: 'recovery', key: recoveryKey });
  const lines: string[] = [];
  const server = await serveNbd(
    refs.map((ref, i) => ({ name: i === 0 ? 'os' : 'lun0', description: `disk ${i}`, image: opened.image(ref) })),
    { listen: { host: '127.0.0.1', port: 0 }, log: (line) => lines.push(line), ...options },
  );
  servers.push(server);
  const blockReads = () => reads.filter(({ name }) => name.startsWith('data/')).length;
  return { server, image, second, store, lines, blockReads };
}

describe('an NBD server', () => {
  test('serves each disk under its name; many reads in flight bring the very bytes, with holes as holes', async () => {
    const { server, image, second } = await serving();
    const client = await reading(server);
    const ranges = Array.from({ length: 200 }, (_, i) => {
      const offset = (i * 7919 * 512) % (image.length - 40_000);
      return { offset, length: 1 + ((i * 523) % 40_000), flags: i % 2 ? 4 : 0 };
    });
    const { outcomes, holes } = await readAll(client, ranges);
    for (const [i, { offset, length }] of ranges.entries()) {
      expect([i, image.subarray(offset, offset + length).equals(outcomes[i] as Buffer)]).toEqual([i, true]);
    }
    expect(holes).toBeGreaterThan(100);
    const whole = await readAll(client, [{ offset: 0, length: image.length }]);
    expect(image.equals(whole.outcomes[0] as Buffer)).toBe(true);

    const other = await reading(server, 'lun0');
    const read = await readAll(other, [{ offset: 0, length: second.length }]);
    expect(second.equals(read.outcomes[0] as Buffer)).toBe(true);
    request(other, { command: 2, cookie: 0, offset: 0, length: 0 });
    await expect(other.input.read(1)).rejects.toThrow();
    client.socket.destroy();
  });

  test('an old client, with simple replies and the export by its name, reads the same', async () => {
    const { server, image } = await serving();
    const client = await connectTo(server, 0);
    client.send('IHAVEOPT', u32(1), u32(2), 'os');
    const chosen = await client.input.read(8 + 2 + 124);
    expect(Number(chosen.readBigUInt64BE(0))).toBe(image.length);
    request(client, { command: 0, cookie: 7, offset: 1000, length: 20_000 });
    const head = await client.input.read(16);
    expect(head).toEqual(Buffer.from('67446698000000000000000000000007', 'hex'));
    expect(image.subarray(1000, 21_000).equals(await client.input.read(20_000))).toBe(true);
    client.socket.destroy();
  });

  test('a damaged block is an input error to who reads it, a line in the log, and nothing to others', async () => {
    const { server, image, store, lines } = await serving();
    const packs = await Promise.all((await objectNames(store, 'data/')).map((name) => store.get(name)));
    const { data, info } = packs.sort((a, b) => b.info.size - a.info.size)[0]!;
    const { name } = info;
    data[32 + BLOCK / 2]! ^= 1;
    await store.put(name, [data]);

    const client = await reading(server);
    const ranges = Array.from({ length: BLOCKS }, (_, block) => ({ offset: block * BLOCK, length: BLOCK }));
    const { outcomes } = await readAll(client, ranges);
    const failed = outcomes.flatMap((outcome, block) => (Buffer.isBuffer(outcome) ? [] : [block]));
    expect(failed).toHaveLength(1);
    const [bad = -1] = failed;
    expect(outcomes[bad]).toBe(EIO);
    for (const [block, { offset }] of ranges.entries()) {
      if (block !== bad) expect(image.subarray(offset, offset + BLOCK).equals(outcomes[block] as Buffer)).toBe(true);
    }
    const around = { offset: (bad - 1) * BLOCK, length: 3 * BLOCK };
    expect((await readAll(client, [around])).outcomes).toEqual([EIO]);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toContain(name);
    client.socket.destroy();
  });

  test('who reads in order has the store read ahead in large steps; who jumps has only his blocks fetched', async () => {
    const { server, blockReads } = await serving();
    const client = await reading(server);
    for (const block of [200, 10, 85]) await readAll(client, [{ offset: block * BLOCK, length: 512 }]);
    expect(blockReads()).toBe(3);
    for (let block = 142; block < 192; block++) await readAll(client, [{ offset: block * BLOCK, length: BLOCK }]);
    // A hole in every third place cuts no run: packs lie close. Fifty reads one by one would be 34 of the store.
    expect(blockReads()).toBeLessThan(3 + 15);
    const before = blockReads();
    for (let block = 142; block < 192; block++) await readAll(client, [{ offset: block * BLOCK, length: BLOCK }]);
    expect(blockReads()).toBe(before);
    client.socket.destroy();
  });

  test('the cache keeps to its bytes, and forgets what was not used longest', async () => {
    const cache = new BlockCache(10 * (1000 + 512));
    const put = async (key: string) => {
      cache.set(key, Promise.resolve(Buffer.alloc(1000)), 1000);
      await cache.get(key);
    };
    for (let i = 0; i < 10; i++) await put(`${i}`);
    expect(await cache.get('0')).toHaveLength(1000);
    await put('10');
    expect([cache.has('0'), cache.has('1'), cache.has('2'), cache.has('10')]).toEqual([true, false, true, true]);
    const failing = Promise.reject(new Error('no'));
    cache.set('bad', failing, 1000);
    await expect(cache.get('bad')).rejects.toThrow('no');
    expect(cache.has('bad')).toBe(false);

    // Holes take next to nothing, once they are known.
    const holes = new BlockCache(100 * 1024);
    for (let i = 0; i < 90; i++) {
      holes.set(`${i}`, Promise.resolve(null), 50_000);
      await holes.get(`${i}`);
      await Promise.resolve();
    }
    expect(holes.has('0')).toBe(true);
  });

  test('a small cache still serves everything, to several clients at once', async () => {
    const { server, image } = await serving({ cacheBytes: 3 * BLOCK });
    const clients = await Promise.all([reading(server), reading(server), reading(server)]);
    const results = await Promise.all(
      clients.map((client) =>
        readAll(
          client,
          Array.from({ length: 16 }, (_, i) => ({ offset: i * 16 * BLOCK, length: 16 * BLOCK })),
        ),
      ),
    );
    for (const { outcomes } of results) expect(Buffer.concat(outcomes as Buffer[]).equals(image)).toBe(true);
    clients.forEach(({ socket }) => socket.destroy());
  });

  test('a client that does not take its answers is held up, not the others', async () => {
    const { server, image } = await serving();
    const greedy = await reading(server);
    greedy.socket.pause();
    for (let cookie = 0; cookie < 300; cookie++) {
      request(greedy, { command: 0, cookie, offset: 0, length: image.length });
    }
    const client = await reading(server);
    const { outcomes } = await readAll(client, [{ offset: 0, length: image.length }]);
    expect(image.equals(outcomes[0] as Buffer)).toBe(true);
    greedy.socket.destroy();
    client.socket.destroy();
  });

  test('writes are refused and their data is skipped; what is no protocol ends the connection alone', async () => {
    const { server, image, lines } = await serving();
    const client = await reading(server);
    request(client, { command: 1, cookie: 9, offset: 0, length: 100_000 });
    client.send(Buffer.alloc(100_000, 0x25));
    const refused = await nextChunk(client);
    expect([refused.cookie, refused.payload.readUInt32BE(0)]).toEqual([9, 1]);
    const after = await readAll(client, [{ offset: BLOCK, length: 512 }]);
    expect(image.subarray(BLOCK, BLOCK + 512).equals(after.outcomes[0] as Buffer)).toBe(true);

    const hostile: ((bad: Awaited<ReturnType<typeof connectTo>>) => Promise<void> | void)[] = [
      (bad) => bad.send('GET / HTTP/1.1\r\n\r\n'),
      (bad) => bad.send('IHAVEOPT', u32(7), u32(0xffffffff)),
      (bad) => bad.send('IHAVEOPT', u32(1), u32(4), 'nope'),
      async (bad) => {
        await haggle(bad, 7, Buffer.concat([text(''), u16(0)]));
        bad.send(Buffer.alloc(28, 0xff));
      },
      async (bad) => {
        await haggle(bad, 7, Buffer.concat([text(''), u16(0)]));
        request(bad, { command: 1, cookie: 0, offset: 0, length: 0xffffffff });
      },
      async (bad) => {
        for (let count = 0; count < 1000; count++) await haggle(bad, 99);
      },
    ];
    for (const attack of hostile) {
      const bad = await connectTo(server);
      await attack(bad);
      await expect(bad.input.read(1)).rejects.toThrow();
    }
    const unknownFlags = await connectTo(server, 0xff);
    await expect(unknownFlags.input.read(1)).rejects.toThrow();
    expect(lines.length).toBeGreaterThanOrEqual(5);
    const still = await readAll(client, [{ offset: 0, length: 512 }]);
    expect(still.outcomes[0]).toEqual(Buffer.alloc(512));
    client.socket.destroy();
  });

  test('closing ends clients in the middle of their reads', async () => {
    const { server } = await serving();
    const client = await reading(server);
    for (let cookie = 0; cookie < 100; cookie++) request(client, { command: 0, cookie, offset: 0, length: 100_000 });
    await server.close();
    servers.splice(0);
    const drained = (async () => {
      for (;;) await client.input.read(1);
    })();
    await expect(drained).rejects.toThrow();
  });

  test('a Unix socket serves too; a taken address and exports of one name are refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nbd'));
    const { server, image, lines } = await serving({ listen: { path: join(folder, 's') } });
    expect(server.uri('os')).toBe(`nbd+unix:///os?socket=${join(folder, 's')}`);
    const socket = connect(join(folder, 's'));
    const [greeting] = (await new Promise((resolve) => socket.once('data', (data) => resolve([data])))) as [Buffer];
    expect(greeting.subarray(0, 8).toString()).toBe('NBDMAGIC');
    socket.destroy();

    const exported = { name: 'a', description: '', image: {} as never };
    const options = { listen: { path: join(folder, 's') }, log: () => undefined };
    await expect(serveNbd([exported], options)).rejects.toMatchObject({ code: 'RESOURCE_BUSY' });
    await expect(serveNbd([exported, exported], options)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(serveNbd([exported], { ...options, listen: { host: '203.0.113.7', port: 0 } })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect([image.length, lines]).toEqual([BLOCKS * BLOCK, []]);
    await rm(folder, { recursive: true });
  });
});
