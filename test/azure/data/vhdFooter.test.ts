import { expect, test } from 'vitest';
import { vhdFooter } from '../../../azure/vhdFooter.ts';

const id = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

test('the footer of a 1 GiB disk is this one, byte for byte', () => {
  const footer = vhdFooter(1024 ** 3, id, '2000-01-02T00:00:00Z');
  expect(footer.subarray(0, 85).toString('hex')).toBe(
    '636f6e6563746978' + // conectix
      '00000002' + // features
      '00010000' + // format version
      'ffffffffffffffff' + // no further header
      '00015180' + // a day after 1 January 2000
      '77696e20' + // creator: win
      '00010000' +
      '5769326b' + // Wi2k
      '0000000040000000' + // original size
      '0000000040000000' + // current size
      '0820103f' + // 2080 cylinders, 16 heads, 63 sectors
      '00000002' + // fixed
      'ffffe818' + // checksum
      '00112233445566778899aabbccddeeff' +
      '00',
  );
  expect(footer.length).toBe(512);
  expect(footer.subarray(85).every((byte) => byte === 0)).toBe(true);
});

// The specification's appendix, as other writers of fixed VHDs compute it.
test.each([
  [20 * 1024 ** 2, 602, 4, 17],
  [127 * 1024 ** 2, 1019, 15, 17],
  [30 * 1024 ** 3, 62415, 16, 63],
  [4 * 1024 ** 4, 65535, 16, 255],
])('geometry of %d bytes', (size, cylinders, heads, sectors) => {
  const footer = vhdFooter(size, id, '2026-01-01T00:00:00Z');
  expect([footer.readUInt16BE(56), footer[58], footer[59]]).toEqual([cylinders, heads, sectors]);
});
