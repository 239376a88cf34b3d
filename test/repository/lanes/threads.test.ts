import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveSecrets } from '../../../repository/format/secrets.ts';
import { inlineLanes, threadLanes } from '../../../repository/lanes/lanes.ts';
import type { Lanes } from '../../../repository/lanes/lanes.ts';
import { Threads } from '../../../repository/lanes/threads.ts';
import {
  maxEntryBytes,
  PACK_HEAD_BYTES,
  packHead,
  readDirectory,
  writeDirectory,
} from '../../../repository/format/pack.ts';
import { noise } from '../fixtures.ts';

const BLOCK = 4096;
const BLOCKS = 16;
const PACK = '00112233445566778899aabbccddeeff';
const secrets = deriveSecrets(noise(32, 'master'), '00112233-4455-4677-8899-aabbccddeeff');
const keys = { repository: secrets.repository, pack: PACK, packKey: secrets.packKey(PACK) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threads test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Zeros, text and noise in turn; the last block is short. */
function sampleRun(): { run: SharedArrayBuffer; length: number } {
  const run = new SharedArrayBuffer(BLOCKS * BLOCK);
  const bytes = Buffer.from(run);
  for (let i = 0; i < BLOCKS; i++) {
    if (i % 3 === 1) bytes.fill(`text ${i} `, i * BLOCK, (i + 1) * BLOCK);
    if (i % 3 === 2) noise(BLOCK, i).copy(bytes, i * BLOCK);
  }
  return { run, length: BLOCKS * BLOCK - 1024 };
}

/** A pack of all blocks of the sample that are not zeros, made as a backup makes it. */
async function packOf(lanes: Lanes) {
  const { run, length } = sampleRun();
  const task = { run, length, blockSize: BLOCK, blockKey: secrets.blockKey };
  const { identities, zeros } = await lanes.run('hash', task);
  const blocks = [...zeros].flatMap((zero, i) =>
    zero ? [] : [{ i, start: i * BLOCK, length: Math.min(BLOCK, length - i * BLOCK) }],
  );
  const packBytes = BLOCKS * BLOCK;
  const bytes = new SharedArrayBuffer(packBytes + maxEntryBytes(BLOCK));
  packHead('data', PACK).copy(new Uint8Array(bytes));
  const parts = blocks.map((block) => ({ start: block.start, length: block.length }));
  const lengths = await lanes.run('seal', { ...keys, run, blocks: parts, bytes, size: PACK_HEAD_BYTES, packBytes });
  const size = lengths.reduce((sum, stored) => sum + stored, PACK_HEAD_BYTES);
  const entries = lengths.map((stored, n) => {
    const at = (blocks[n]?.i ?? 0) * 16;
    return { length: stored, identity: Buffer.from(identities.slice(at, at + 16)) };
  });
  const directory = writeDirectory(entries);
  const tail = await lanes.run('finish', { ...keys, bytes, size, directory, count: entries.length });
  const pack = Buffer.concat([Buffer.from(bytes, 0, size), tail]);
  let offset = PACK_HEAD_BYTES;
  const sealed = entries.map((entry, n) => {
    const at = offset;
    offset += entry.length;
    const { start = 0, length: plain = 0 } = blocks[n] ?? {};
    return { at, offset: at, length: entry.length, plain, identity: entry.identity.toString('hex'), start };
  });
  return { run, zeros, pack, sealed, entries };
}

const copyOf = (pack: Buffer): ArrayBuffer => new Uint8Array(pack).buffer;

test('threads and inline work make the same bytes, and read them', async () => {
  const threads = threadLanes(new Threads(2));
  const inline = await packOf(inlineLanes);
  const other = await packOf(threads);
  expect([...inline.zeros]).toEqual(Array.from({ length: BLOCKS }, (_, i) => (i % 3 === 0 ? 1 : 0)));
  expect(other.pack.equals(inline.pack)).toBe(true);
  expect(readDirectory(secrets, 'data', PACK, inline.pack)).toEqual(inline.entries);

  for (const lanes of [inlineLanes, threads]) {
    const sealed = copyOf(inline.pack);
    const into = new SharedArrayBuffer(BLOCKS * BLOCK);
    const task = { ...keys, blockKey: secrets.blockKey, sealed, parts: inline.sealed, into };
    expect(new Set(await lanes.run('open', task, [sealed]))).toEqual(new Set(['ok']));
    let at = 0;
    for (const { start, plain } of inline.sealed) {
      expect(Buffer.from(into, at, plain).equals(Buffer.from(inline.run, start, plain))).toBe(true);
      at += plain;
    }
  }
});

test('a block that is altered, and one that is another, are told apart from those that are sound', async () => {
  const { pack, sealed } = await packOf(inlineLanes);
  const bytes = copyOf(pack);
  new Uint8Array(bytes)[(sealed[2]?.at ?? 0) + 5]! ^= 1;
  const parts = sealed.map((part, i) => (i === 4 ? { ...part, identity: sealed[5]?.identity ?? '' } : part));
  const into = new SharedArrayBuffer(BLOCKS * BLOCK);
  const found = await inlineLanes.run('open', { ...keys, blockKey: secrets.blockKey, sealed: bytes, parts, into });
  expect(found).toEqual(sealed.map((_, i) => (i === 2 ? 'altered' : i === 4 ? 'other' : 'ok')));
});

test('a pack takes blocks until it is full, one at least', async () => {
  const run = new SharedArrayBuffer(4 * BLOCK);
  noise(4 * BLOCK, 'full').copy(Buffer.from(run));
  const blocks = [0, 1, 2, 3].map((i) => ({ start: i * BLOCK, length: BLOCK }));
  const seal = (packBytes: number) => {
    const bytes = new SharedArrayBuffer(packBytes + maxEntryBytes(BLOCK));
    return inlineLanes.run('seal', { ...keys, run, blocks, bytes, size: PACK_HEAD_BYTES, packBytes });
  };
  expect(await seal(100)).toHaveLength(1);
  expect(await seal(2 * BLOCK)).toHaveLength(2);
  expect(await seal(8 * BLOCK)).toHaveLength(4);
});

test('a thread that dies fails what it had to do, and the next task gets a new one', async () => {
  const program = join(folder, 'dying.mjs');
  await writeFile(
    program,
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', ({ id, task }) => task.die ? process.exit(3) : parentPort.postMessage({ id, result: task }));`,
  );
  const threads = new Threads(1, pathToFileURL(program));
  const results = await Promise.allSettled([
    threads.run('x', { die: true }, []),
    threads.run('x', { n: 1 }, []),
    threads.run('x', { n: 2 }, []),
  ]);
  expect(results.slice(0, 2)).toMatchObject([
    { status: 'rejected', reason: { code: 'INTERNAL', message: 'A thread of the repository ended with code 3.' } },
    { status: 'rejected', reason: { code: 'INTERNAL' } },
  ]);
  expect(results[2]).toEqual({ status: 'fulfilled', value: { n: 2 } });
});

test('an operation that throws fails that task only', async () => {
  const lanes = threadLanes(new Threads(1));
  const run = new SharedArrayBuffer(BLOCK);
  const task = { run, length: BLOCK, blockSize: BLOCK, blockKey: secrets.blockKey };
  await expect(lanes.run('hash', { ...task, length: 2 * BLOCK })).rejects.toMatchObject({ code: 'INTERNAL' });
  expect((await lanes.run('hash', task)).zeros).toEqual(Uint8Array.of(1));
});
