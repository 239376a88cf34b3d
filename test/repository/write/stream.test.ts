import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noise, readBack, smallRepository, whole, write } from '../fixtures.ts';

const BLOCK = 4096;

async function* pieces(bytes: Buffer, sizes: Iterable<number>): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('an image of a stream', () => {
  test('is that of its bytes, whatever their number and in whatever pieces they come', async () => {
    const run = fc.asyncProperty(
      fc.integer({ min: 1, max: 70 * BLOCK }),
      fc.infiniteStream(fc.integer({ min: 0, max: 3 * BLOCK })),
      fc.nat(3),
      async (length, sizes, zeros) => {
        const { repository } = await smallRepository();
        const writer = await repository.writer({ packBytes: 5 * BLOCK });
        const bytes = noise(length, length);
        // Zeros at the end, in the middle, everywhere or nowhere.
        if (zeros === 1) bytes.fill(0, length >> 1);
        if (zeros === 2) bytes.fill(0, length >> 2, length >> 1);
        if (zeros === 3) bytes.fill(0);
        const streamed = await writer.writeStream({ source: pieces(bytes, sizes) });
        const padded = Buffer.concat([bytes], Math.ceil(length / 512) * 512);
        expect(streamed.stats).toMatchObject({ size: padded.length, read: padded.length });
        expect((await readBack(repository.image(streamed.image))).equals(padded)).toBe(true);
        // The same bytes from a file are the same blocks in a map of the same depth.
        const read = await write(writer, padded, whole(padded));
        expect(read.stats.blocksNew).toBe(0);
        expect(read.image.depth).toBe(streamed.image.depth);
        await writer.close();
      },
    );
    await fc.assert(run, { numRuns: 30 });
  });

  test('with nothing in it is refused, and one that fails fails with its error', async () => {
    const { repository } = await smallRepository();
    const writer = await repository.writer();
    await expect(writer.writeStream({ source: pieces(Buffer.alloc(0), []) })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    const failure = new Error('the pipe broke');
    const broken = async function* () {
      yield noise(3 * BLOCK, 1);
      throw failure;
    };
    await expect(writer.writeStream({ source: broken() })).rejects.toBe(failure);
    await writer.close();
  });

  test('that is silent ends when it is cancelled', async () => {
    const { repository } = await smallRepository();
    const writer = await repository.writer();
    const stop = new AbortController();
    const silent = async function* () {
      yield noise(3 * BLOCK, 1);
      stop.abort();
      await new Promise(() => undefined);
    };
    await expect(writer.writeStream({ source: silent(), signal: stop.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await writer.close();
  });
});
