import { beforeEach, describe, expect, it } from 'vitest';
import { StrongroomError } from '../../../model/errors.ts';
import { memoryStore } from '../../../repository/index.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { ReadAhead } from '../../../repository/stores/readAhead.ts';
import { noise } from '../fixtures.ts';

const KIB = 1024;
const SIZE = 1000 * KIB;
const content = noise(SIZE, 'a pack of pages');
const name = 'maps/00';

let gets: { offset: number; length: number }[];
/** What the next read throws. */
let failure: Error | undefined;
let reader: ReadAhead;
let inner: ObjectStore;

beforeEach(async () => {
  [gets, failure] = [[], undefined];
  inner = memoryStore();
  await inner.put(name, [content]);
  reader = new ReadAhead({
    ...inner,
    get: (object, range) => {
      gets.push(range ?? { offset: 0, length: SIZE });
      const thrown = failure;
      failure = undefined;
      return thrown ? Promise.reject(thrown) : inner.get(object, range);
    },
  });
});

const read = async (offset: number, length: number): Promise<void> => {
  const part = await reader.read(name, { offset, length });
  expect(part.equals(content.subarray(offset, offset + length))).toBe(true);
};

describe('reading ahead', () => {
  it('takes a few reads for many parts in a row, one after the other or all at once', async () => {
    const parts = Array.from({ length: 125 }, (_, i) => i * 8 * KIB);
    for (const offset of parts) await read(offset, 8 * KIB);
    expect(gets.length).toBeLessThan(10);
    expect(Math.max(...gets.map(({ length }) => length))).toBe(256 * KIB);

    const one = gets.length;
    reader = new ReadAhead({ ...inner, get: (object, range) => (gets.push(range!), inner.get(object, range)) });
    await Promise.all(parts.map((offset) => read(offset, 8 * KIB)));
    expect(gets.length).toBe(2 * one);
  });

  it('reads no more than what is asked for when the parts are far from each other, or go back', async () => {
    for (const offset of [0, 300, 600, 900, 500, 100]) await read(offset * KIB, 8 * KIB);
    expect(gets.map(({ length }) => length)).toEqual(new Array(6).fill(8 * KIB));
  });

  it('passes over what is left out, as long as that is no more than was read before', async () => {
    for (const offset of [0, 16, 40, 200]) await read(offset * KIB, 8 * KIB);
    expect(gets).toEqual([
      { offset: 0, length: 8 * KIB },
      { offset: 16 * KIB, length: 16 * KIB },
      { offset: 40 * KIB, length: 32 * KIB },
      { offset: 200 * KIB, length: 8 * KIB },
    ]);
  });

  it('gives a part that is longer than what is read ahead, or begins in what was read', async () => {
    await read(0, 8 * KIB);
    await read(4 * KIB, 300 * KIB);
    await read(SIZE - 8 * KIB, 8 * KIB);
    expect(gets.length).toBe(3);
  });

  it('gives what lies before the end, and calls a part that does not truncated', async () => {
    await read(SIZE - 24 * KIB, 8 * KIB);
    await read(SIZE - 16 * KIB, 8 * KIB);
    const part = { offset: SIZE - 4 * KIB, length: 8 * KIB };
    await expect(reader.read(name, part)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' });
    await expect(reader.read(name, part)).rejects.toThrow(`truncated: it ends before ${SIZE + 4 * KIB}`);
    await expect(reader.read('maps/01', part)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' });
  });

  it('keeps no failure: all who waited for it see it, and the next read tries again', async () => {
    failure = new StrongroomError('AZURE_UNAVAILABLE', 'The store is away.');
    const waiting = [8, 4].map((length) => reader.read(name, { offset: 0, length: length * KIB }));
    for (const refused of await Promise.allSettled(waiting)) {
      expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'AZURE_UNAVAILABLE' } });
    }
    expect(gets.length).toBe(1);
    await read(0, 8 * KIB);
  });
});
