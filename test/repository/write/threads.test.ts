import { expect, test } from 'vitest';
import type { ImageReader } from '../../../repository/index.ts';
import { noise, readBack, smallRepository, sourceOf, whole, write } from '../fixtures.ts';

const MiB = 1024 * 1024;

/** More than is worked on inline: text and noise, with blocks that come twice and zeros at the end of a block that is short. */
function largeImage(): Buffer {
  const image = Buffer.alloc(68 * MiB + 1536);
  noise(8 * MiB, 'large').copy(image);
  image.copy(image, 20 * MiB, MiB, 4 * MiB);
  image.fill('what compresses well, ', 30 * MiB, 50 * MiB);
  noise(1024, 'end').copy(image, 68 * MiB);
  return image;
}

/** The image as its runs are copied, in whatever order. */
async function copied(reader: ImageReader): Promise<Buffer> {
  const image = Buffer.alloc(reader.size);
  await reader.copy(async (offset, data) => {
    const piece = Buffer.from(data);
    await new Promise((resolve) => setImmediate(resolve)); // As a target that takes its time.
    expect(piece.equals(data)).toBe(true); // Nobody else has written into it meanwhile.
    piece.copy(image, offset);
  });
  return image;
}

test('large images go through threads: several at once, one of them cancelled, read in order and in any order', async () => {
  const { repository } = await smallRepository({ blockSize: 256 * 1024, fanOut: 256 });
  const writer = await repository.writer();
  const image = largeImage();
  const stop = new AbortController();
  let reads = 0;
  const cancelled = writer.writeImage({
    size: image.length,
    extents: whole(image),
    read: async (offset, into) => {
      if (++reads === 3) stop.abort();
      into.set(image.subarray(offset, offset + into.length));
    },
    signal: stop.signal,
  });
  const [one, two] = await Promise.all([
    write(writer, image),
    writer.writeImage({ size: image.length, extents: whole(image), read: sourceOf(image).read }),
    expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' }),
  ]);
  expect(one.stats.blocksNew + two.stats.blocksNew).toBeLessThanOrEqual(44); // 32 of noise, 11 of text, the end.
  for (const { image: ref } of [one, two]) {
    const reader = repository.image(ref);
    expect((await readBack(reader)).equals(image)).toBe(true);
    expect((await copied(reader)).equals(image)).toBe(true);
  }
  await writer.close();
});
