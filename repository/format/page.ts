import type { Ref } from './pack.ts';
import { IDENTITY_BYTES } from './secrets.ts';

/** A page of an image's map: references to blocks (level 0) or pages, `null` for holes (docs/format.md, section 6). */
export type Page = (Ref | null)[];

const HEAD_BYTES = 8;
const PACK_BYTES = 16;
const ENTRY_BYTES = 2 + 4 + 4 + IDENTITY_BYTES;

/** The most bytes that a page can have: every entry in a pack of its own. */
export const maxPageBytes = (fanOut: number): number => HEAD_BYTES + fanOut * (PACK_BYTES + ENTRY_BYTES);

/** @param page has at least one entry that is no hole */
export function writePage(level: number, page: Page): Buffer {
  const entries = page.slice(0, page.findLastIndex((ref) => ref !== null) + 1);
  const packs = [...new Set(entries.flatMap((ref) => (ref ? [ref.pack] : [])))];
  const numbers = new Map(packs.map((pack, i) => [pack, i + 1]));
  const bytes = Buffer.alloc(HEAD_BYTES + packs.length * PACK_BYTES + entries.length * ENTRY_BYTES);
  bytes.writeUInt8(level, 0);
  bytes.writeUInt16LE(packs.length, 2);
  bytes.writeUInt16LE(entries.length, 4);
  packs.forEach((pack, i) => bytes.write(pack, HEAD_BYTES + i * PACK_BYTES, 'hex'));
  const at = columns(packs.length, entries.length);
  entries.forEach((ref, i) => {
    if (!ref) return;
    bytes.writeUInt16LE(numbers.get(ref.pack) ?? 0, at.packs + i * 2);
    bytes.writeUInt32LE(ref.offset, at.offsets + i * 4);
    bytes.writeUInt32LE(ref.length, at.lengths + i * 4);
    bytes.write(ref.identity, at.identities + i * IDENTITY_BYTES, 'hex');
  });
  return bytes;
}

/** The page's entries, `fanOut` of them, or undefined when the bytes are no page of that level. */
export function readPage(bytes: Buffer, level: number, fanOut: number): Page | undefined {
  if (bytes.length < HEAD_BYTES || bytes[0] !== level) return undefined;
  const packCount = bytes.readUInt16LE(2);
  const count = bytes.readUInt16LE(4);
  if (count > fanOut || bytes.length !== HEAD_BYTES + packCount * PACK_BYTES + count * ENTRY_BYTES) return undefined;
  const packs = Array.from({ length: packCount }, (_, i) => {
    const start = HEAD_BYTES + i * PACK_BYTES;
    return bytes.toString('hex', start, start + PACK_BYTES);
  });
  const at = columns(packCount, count);
  const page: Page = new Array<Ref | null>(fanOut).fill(null);
  for (let i = 0; i < count; i++) {
    const number = bytes.readUInt16LE(at.packs + i * 2);
    if (number === 0) continue;
    const pack = packs[number - 1];
    if (pack === undefined) return undefined;
    const identity = at.identities + i * IDENTITY_BYTES;
    page[i] = {
      pack,
      offset: bytes.readUInt32LE(at.offsets + i * 4),
      length: bytes.readUInt32LE(at.lengths + i * 4),
      identity: bytes.toString('hex', identity, identity + IDENTITY_BYTES),
    };
  }
  return page;
}

function columns(packs: number, entries: number) {
  const first = HEAD_BYTES + packs * PACK_BYTES;
  return { packs: first, offsets: first + entries * 2, lengths: first + entries * 6, identities: first + entries * 10 };
}
