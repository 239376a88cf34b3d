import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { StrongroomError } from '../../model/errors.ts';
import type { Extent } from '../../repository/index.ts';

const bytes = z.number().int().nonnegative();
const plainRange = z.strictObject({ offset: bytes, length: bytes });
/** A line of `qemu-img map --output=json`, as far as it is read here. */
const mapRange = z.object({
  start: bytes,
  length: bytes,
  depth: z.number().int().nonnegative(),
  zero: z.boolean(),
  present: z.boolean().default(true),
});

/** What a file of ranges tells: the bytes that may differ from the base, or those that may be other than zero. */
export type RangesMeaning = 'changed' | 'allocated';

/**
 * Reads ranges of an image: a JSON array of `{"offset", "length"}` in bytes, or what `qemu-img map --output=json` prints
 * (changed: what the topmost file holds; allocated: what is not zero).
 * @param size bytes of the image
 * @throws INVALID_INPUT naming the range: not sorted, overlapping, outside of the image
 */
export async function readRanges(file: string, meaning: RangesMeaning, size: number): Promise<Extent[]> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new StrongroomError('INVALID_INPUT', `The file of ranges ${file} cannot be read (${cause.code}).`, { cause });
  });
  return checked(file, parse(file, text, meaning), size);
}

function parse(file: string, text: string, meaning: RangesMeaning): Extent[] {
  const document = jsonOf(text);
  const plain = z.array(plainRange).safeParse(document);
  if (plain.success) return plain.data;
  const map = z.array(mapRange).safeParse(document);
  if (!map.success) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `${file} holds no ranges: they are a JSON array of {"offset": bytes, "length": bytes}, or what "qemu-img map --output=json" prints.`,
      { cause: plain.error },
    );
  }
  const told = { changed: isInTopFile, allocated: ({ zero }: z.infer<typeof mapRange>) => !zero };
  return map.data.filter(told[meaning]).map(({ start, length }) => ({ offset: start, length }));
}

const isInTopFile = ({ depth, present }: z.infer<typeof mapRange>): boolean => depth === 0 && present;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checked(file: string, ranges: Extent[], size: number): Extent[] {
  let end = 0;
  for (const [i, { offset, length }] of ranges.entries()) {
    const range = `${file}: range ${i + 1} of ${ranges.length} (offset ${offset}, length ${length})`;
    if (offset < end) {
      throw new StrongroomError(
        'INVALID_INPUT',
        `${range} begins before ${end}, where the one before ends: ranges are sorted and do not overlap.`,
      );
    }
    end = offset + length;
    if (end > size)
      throw new StrongroomError('INVALID_INPUT', `${range} ends outside of the image, which has ${size} bytes.`);
  }
  return ranges;
}
