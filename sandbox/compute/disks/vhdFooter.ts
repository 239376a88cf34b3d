/** The last 512 bytes of a fixed VHD (Virtual Hard Disk Image Format Specification 1.0): big-endian throughout. */

export const FOOTER_BYTES = 512;

const COOKIE = 'conectix';
const FIXED = 2;
/** Seconds of the VHD epoch, 2000-01-01T00:00:00Z. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

/** Builds the footer of a fixed disk of `size` bytes. */
export function vhdFooter(size: number, createdMs: number, uuid: string): Buffer {
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.write(COOKIE, 0, 'latin1');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x00010000, 12);
  footer.writeBigUInt64BE(0xffffffffffffffffn, 16);
  footer.writeUInt32BE(Math.max(0, Math.floor((createdMs - EPOCH_MS) / 1000)), 24);
  footer.write('win ', 28, 'latin1');
  footer.writeUInt32BE(0x000a0000, 32);
  footer.write('Wi2k', 36, 'latin1');
  footer.writeBigUInt64BE(BigInt(size), 40);
  footer.writeBigUInt64BE(BigInt(size), 48);
  const { cylinders, heads, sectors } = geometry(size);
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(sectors, 59);
  footer.writeUInt32BE(FIXED, 60);
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(footer, 68, 0, 16);
  footer.writeUInt32BE(checksum(footer), 64);
  return footer;
}

export type FooterVerdict =
  { kind: 'fixed'; size: number } | { kind: 'no-cookie' } | { kind: 'damaged'; why: string } | { kind: 'not-fixed' };

/** Reads a footer. `no-cookie`: this is no VHD at all. */
export function readVhdFooter(footer: Uint8Array): FooterVerdict {
  const bytes = Buffer.from(footer.buffer, footer.byteOffset, footer.byteLength);
  if (bytes.length !== FOOTER_BYTES || bytes.toString('latin1', 0, 8) !== COOKIE) return { kind: 'no-cookie' };
  if (bytes.readUInt32BE(64) !== checksum(bytes)) return { kind: 'damaged', why: 'the checksum does not match' };
  if (bytes.readUInt32BE(60) !== FIXED) return { kind: 'not-fixed' };
  return { kind: 'fixed', size: Number(bytes.readBigUInt64BE(48)) };
}

/** One's complement of the sum of all bytes but the checksum's own. */
function checksum(footer: Buffer): number {
  let sum = 0;
  for (let i = 0; i < FOOTER_BYTES; i += 1) if (i < 64 || i >= 68) sum += footer[i]!;
  return ~sum >>> 0;
}

/** Cylinders, heads and sectors as the specification's appendix computes them. */
function geometry(size: number): { cylinders: number; heads: number; sectors: number } {
  const total = Math.min(Math.floor(size / 512), 65535 * 16 * 255);
  const divided = (sectors: number, heads: number) => ({
    cylinders: Math.floor(Math.floor(total / sectors) / heads),
    heads,
    sectors,
  });
  if (total >= 65535 * 16 * 63) return divided(255, 16);
  const heads = Math.max(4, Math.floor((Math.floor(total / 17) + 1023) / 1024));
  if (Math.floor(total / 17) < heads * 1024 && heads <= 16) return divided(17, heads);
  if (Math.floor(total / 31) < 16 * 1024) return divided(31, 16);
  return divided(63, 16);
}
