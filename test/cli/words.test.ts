import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRanges } from '../../cli/images/ranges.ts';
import { EXIT_CODES, exitCodeOf } from '../../cli/io/exitCodes.ts';
import { rateMeter } from '../../cli/io/rate.ts';
import { list, table } from '../../cli/io/table.ts';
import { humanBytes, humanDuration } from '../../cli/io/units.ts';
import { errorCodes } from '../../model/errors.ts';

describe('ranges', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'strongroom-ranges-'))));
  afterAll(() => rm(folder, { recursive: true }));

  const read = async (content: unknown, meaning: 'changed' | 'allocated' = 'changed') => {
    const file = join(folder, 'ranges.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return readRanges(file, meaning, 10_000);
  };

  it.each<[string, unknown, string]>([
    [
      'that are not sorted',
      [
        { offset: 512, length: 512 },
        { offset: 0, length: 512 },
      ],
      'range 2 of 2 (offset 0, length 512) begins before 1024',
    ],
    [
      'that overlap',
      [
        { offset: 0, length: 513 },
        { offset: 512, length: 1 },
      ],
      'begins before 513',
    ],
    ['outside of the image', [{ offset: 9_999, length: 2 }], 'ends outside of the image, which has 10000 bytes'],
    ['that are negative', [{ offset: -1, length: 2 }], 'holds no ranges'],
    ['that are no whole numbers', [{ offset: 1.5, length: 2 }], 'holds no ranges'],
    ['of another program', [{ offset: 0, length: 2, type: 3, description: 'hole' }], 'holds no ranges'],
    ['that are no JSON', '[{"offset": 0', 'holds no ranges'],
  ])('%s are refused', async (_, content, message) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(message) as string,
    });
  });

  it('are read as they are, also up to the very end', async () => {
    const ranges = [
      { offset: 0, length: 512 },
      { offset: 512, length: 0 },
      { offset: 9_000, length: 1_000 },
    ];
    expect(await read(ranges)).toEqual(ranges);
  });

  it('of qemu-img map: what the topmost file holds has changed, what is not zero is allocated', async () => {
    const map = [
      { start: 0, length: 100, depth: 1, present: true, zero: false, data: true, offset: 0 },
      { start: 100, length: 100, depth: 0, present: true, zero: true, data: false },
      { start: 200, length: 100, depth: 0, present: true, zero: false, data: true, offset: 9 },
      { start: 300, length: 100, depth: 0, present: false, zero: true, data: false },
    ];
    expect(await read(map, 'changed')).toEqual([
      { offset: 100, length: 100 },
      { offset: 200, length: 100 },
    ]);
    expect(await read(map, 'allocated')).toEqual([
      { offset: 0, length: 100 },
      { offset: 200, length: 100 },
    ]);
  });
});

describe('words', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [262_144, '256 KiB'],
    [1.5 * 1024 ** 3, '1.50 GiB'],
    [99.96 * 1024 ** 2, '100 MiB'],
    [32 * 1024 ** 4, '32.0 TiB'],
  ])('%d bytes are %s', (bytes, text) => expect(humanBytes(bytes)).toBe(text));

  it.each([
    [840, '0.8 s'],
    [9_960, '10 s'],
    [200_000, '3 min 20 s'],
    [59_700, '1 min 0 s'],
    [3_599_700, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
  ])('%d ms are %s', (ms, text) => expect(humanDuration(ms)).toBe(text));

  it('stand in columns as wide as they have to be, without spaces at the end', () => {
    const rows = [
      ['a', '1', ''],
      ['bcd', '22', 'x'],
    ];
    expect(table([{ title: 'N' }, { title: 'SIZE', right: true }, { title: 'W' }], rows)).toBe(
      'N    SIZE  W\na       1\nbcd    22  x',
    );
    expect(
      list([
        ['a', '1'],
        ['long', '2'],
      ]),
    ).toBe('a     1\nlong  2');
  });
});

describe('a rate', () => {
  it('follows what the work does now, and says how long the rest takes', () => {
    const meter = rateMeter(0);
    expect(meter(0, { done: 0, total: 100 })).toEqual({ rate: 0, left: undefined });
    expect(meter(1_000, { done: 50, total: 1000 })).toEqual({ rate: 50, left: 19 });
    for (let s = 2; s <= 40; s++) meter(s * 1000, { done: 50 + (s - 1) * 10, total: 1000 });
    expect(meter(41_000, { done: 450, total: 1000 })).toEqual({ rate: 10, left: 55 });
    expect(meter(42_000, { done: 460 }).left).toBeUndefined();
  });
});

describe('exit codes', () => {
  it('are told for every code of an error, by the help too', () => {
    for (const code of errorCodes) expect(EXIT_CODES, code).toMatch(new RegExp(`^  ${exitCodeOf(code)} `, 'm'));
  });
});
