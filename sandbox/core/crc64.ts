/**
 * CRC-64/NVME, the checksum of `x-ms-content-crc64`, eight bytes at a time. Azurite computes it over every block that
 * comes without an MD5, byte by byte, and that was most of the time of an upload.
 */
export interface Crc64 {
  update(bytes: Uint8Array): void;
  /** Eight bytes, least significant first, as the header holds them in base64. */
  digest(): Uint8Array;
}

const POLYNOMIAL_HIGH = 0x9a6c9329;
const POLYNOMIAL_LOW = 0xac4bc9b5;
const SLICES = 8;

/** `low[256 * k + b]` and `high[…]`: what byte b does to the sum when k more bytes follow it. */
const { low, high } = tables();

function tables(): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(256 * SLICES);
  const high = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let lo = byte;
    let hi = 0;
    for (let bit = 0; bit < 8; bit++) {
      const carry = lo & 1;
      lo = ((lo >>> 1) | (hi << 31)) ^ (carry ? POLYNOMIAL_LOW : 0);
      hi = (hi >>> 1) ^ (carry ? POLYNOMIAL_HIGH : 0);
    }
    low[byte] = lo;
    high[byte] = hi;
  }
  for (let at = 256; at < 256 * SLICES; at++) {
    const lo = low[at - 256]!;
    const hi = high[at - 256]!;
    low[at] = ((lo >>> 8) | (hi << 24)) ^ low[lo & 0xff]!;
    high[at] = (hi >>> 8) ^ high[lo & 0xff]!;
  }
  return { low, high };
}

export function createCrc64(): Crc64 {
  let lo = -1;
  let hi = -1;
  return {
    update(bytes) {
      const whole = bytes.length - (bytes.length % 8);
      let at = 0;
      for (; at < whole; at += 8) {
        const a = 1792 + ((lo & 0xff) ^ bytes[at]!);
        const b = 1536 + (((lo >>> 8) & 0xff) ^ bytes[at + 1]!);
        const c = 1280 + (((lo >>> 16) & 0xff) ^ bytes[at + 2]!);
        const d = 1024 + ((lo >>> 24) ^ bytes[at + 3]!);
        const e = 768 + ((hi & 0xff) ^ bytes[at + 4]!);
        const f = 512 + (((hi >>> 8) & 0xff) ^ bytes[at + 5]!);
        const g = 256 + (((hi >>> 16) & 0xff) ^ bytes[at + 6]!);
        const h = (hi >>> 24) ^ bytes[at + 7]!;
        lo = low[a]! ^ low[b]! ^ low[c]! ^ low[d]! ^ low[e]! ^ low[f]! ^ low[g]! ^ low[h]!;
        hi = high[a]! ^ high[b]! ^ high[c]! ^ high[d]! ^ high[e]! ^ high[f]! ^ high[g]! ^ high[h]!;
      }
      for (; at < bytes.length; at++) {
        const index = (lo ^ bytes[at]!) & 0xff;
        lo = ((lo >>> 8) | (hi << 24)) ^ low[index]!;
        hi = (hi >>> 8) ^ high[index]!;
      }
    },
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32LE(~lo, 0);
      bytes.writeInt32LE(~hi, 4);
      return bytes;
    },
  };
}
