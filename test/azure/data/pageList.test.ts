import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePageList } from '../../../azure/pageList.ts';
import { mergeExtents } from '../../../model/extents.ts';

async function* chunks(text: string, size = text.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
}

const interleaved = `﻿<?xml version="1.0" encoding="utf-8"?><PageList>
<ClearRange><Start>0</Start><End>511</End></ClearRange><PageRange><Start>512</Start><End>1535</End></PageRange>
<ClearRange><Start>4096</Start><End>8191</End></ClearRange><NextMarker>2!abc+/=</NextMarker></PageList>`;

describe('page list', () => {
  test('VMP-26 written and cleared ranges are read in the order of the document, with the marker, however it arrives', async () => {
    const expected = {
      ranges: [
        { extent: { offset: 0, length: 512 }, cleared: true },
        { extent: { offset: 512, length: 1024 }, cleared: false },
        { extent: { offset: 4096, length: 4096 }, cleared: true },
      ],
      nextMarker: '2!abc+/=',
    };
    for (const size of [interleaved.length, 7, 1]) {
      expect(await parsePageList(chunks(interleaved, size))).toEqual(expected);
    }
  });

  test('an empty list and an empty marker end it', async () => {
    expect(await parsePageList(chunks('<PageList />'))).toEqual({ ranges: [] });
    expect(await parsePageList(chunks('<PageList><NextMarker /></PageList>'))).toEqual({ ranges: [] });
  });

  test.each([
    ['cut short', interleaved.slice(0, 200), 'AZURE_UNAVAILABLE'],
    ['not XML', 'gateway says hello', 'AZURE_UNAVAILABLE'],
    ['another document', '<Error><Code>x</Code></Error>', 'AZURE_UNAVAILABLE'],
    ['no page', '<PageList><PageRange><Start>0</Start><End>100</End></PageRange></PageList>', 'AZURE_REFUSED'],
    ['no end', '<PageList><PageRange><Start>0</Start></PageRange></PageList>', 'AZURE_REFUSED'],
  ])('%s is refused', async (_, text, code) => {
    await expect(parsePageList(chunks(text))).rejects.toMatchObject({ code });
  });
});

describe('merged extents', () => {
  test('neighbours are joined, order does not matter, the footer is cut off', () => {
    const extents = [
      { offset: 8192, length: 1024 },
      { offset: 0, length: 512 },
      { offset: 512, length: 512 },
      { offset: 9728, length: 512 },
    ];
    expect(mergeExtents(extents, 8704)).toEqual([
      { offset: 0, length: 1024 },
      { offset: 8192, length: 512 },
    ]);
  });

  test('VMP-27 no byte is lost or added: the merged extents cover what the given ones cover within the disk', () => {
    const extent = fc.record({ offset: fc.nat(60), length: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(fc.array(extent, { maxLength: 12 }), fc.integer({ min: 1, max: 60 }), (extents, size) => {
        const covered = (list: { offset: number; length: number }[]) =>
          Array.from({ length: size }, (_, i) => list.some((e) => i >= e.offset && i < e.offset + e.length));
        const merged = mergeExtents(extents, size);
        expect(covered(merged)).toEqual(covered(extents));
        merged.forEach((e, i) => {
          expect(e.length).toBeGreaterThan(0);
          expect(e.offset + e.length).toBeLessThan(merged[i + 1]?.offset ?? size + 1);
        });
      }),
    );
  });
});
