/**
 * The footer of a fixed VHD: the last 512 bytes of a managed disk's exported or uploaded blob. Layout and checksum:
 * "Virtual Hard Disk Image Format Specification"; that Azure wants it at offset `size`: disks-upload-vhd-to-managed-disk.
 */
export const VHD_FOOTER_BYTES = 512;

/** VHD time starts on 1 January 2000, UTC. */
const EPOCH = Date.UTC(2000, 0, 1);
const FIXED = 2;

/**
 * The footer for a disk.
 * @param size bytes of the disk, a multiple of 512, without the footer
 * @param id 16 bytes that tell this image from others
 * @param time when it is made, ISO 8601 UTC
 */
export function vhdFooter(size: number, id: Uint8Array, time: string): Buffer {
  const footer = Buffer.alloc(VHD_FOOTER_BYTES);
  footer.write('conectix', 0, 'latin1');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x0001_0000, 12);
  footer.fill(0xff, 16, 24);
  footer.writeUInt32BE(Math.floor((Date.parse(time) - EPOCH) / 1000), 24);
  // Tools take the size from `current size` only of creators that they know, and else compute it from the geometry, which
  // loses the disk's end. All know Hyper-V's "win "; qemu before 10 does not know Azure's "wa".
  footer.write('win ', 28, 'latin1');
  footer.writeUInt32BE(0x0001_0000, 32);
  footer.write('Wi2k', 36, 'latin1');
  footer.writeBigUInt64BE(BigInt(size), 40);
  footer.writeBigUInt64BE(BigInt(size), 48);
  const { cylinders, heads, sectors } = geometry(size);
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(sectors, 59);
  footer.writeUInt32BE(FIXED, 60);
  footer.set(id.subarray(0, 16), 68);
  footer.writeUInt32BE(checksum(footer), 64);
  return footer;
}

/** What a file's last 512 bytes say of it: `fixed` and other kinds of VHD, or undefined when they are no footer. */
export function vhdKind(footer: Buffer): 'fixed' | 'other' | undefined {
  const isFooter =
    footer.length === VHD_FOOTER_BYTES &&
    footer.toString('latin1', 0, 8) === 'conectix' &&
    footer.readUInt32BE(64) === checksum(footer);
  if (!isFooter) return undefined;
  return footer.readUInt32BE(60) === FIXED ? 'fixed' : 'other';
}

/** One's complement of the byte sum, the checksum's own four bytes taken as zero. */
function checksum(footer: Buffer): number {
  let sum = 0;
  for (let i = 0; i < footer.length; i++) if (i < 64 || i >= 68) sum += footer[i]!;
  return ~sum >>> 0;
}

/** Cylinders, heads and sectors as the specification's appendix computes them; capped at about 127 GiB. */
function geometry(size: number): { cylinders: number; heads: number; sectors: number } {
  const total = Math.min(Math.floor(size / 512), 65535 * 16 * 255);
  if (total >= 65535 * 16 * 63) return { cylinders: Math.floor(total / (16 * 255)), heads: 16, sectors: 255 };
  let sectors = 17;
  let tracks = Math.floor(total / sectors);
  let heads = Math.max(4, Math.floor((tracks + 1023) / 1024));
  if (tracks >= heads * 1024 || heads > 16) {
    sectors = 31;
    heads = 16;
    tracks = Math.floor(total / sectors);
  }
  if (tracks >= heads * 1024) {
    sectors = 63;
    heads = 16;
    tracks = Math.floor(total / sectors);
  }
  return { cylinders: Math.floor(tracks / heads), heads, sectors };
}
