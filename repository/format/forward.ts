import { damaged } from './damage.ts';
import { forwardName } from './layout.ts';
import type { PackKind } from './layout.ts';
import type { Ref } from './pack.ts';
import { readSealedObject, writeSealedObject } from './sealedObject.ts';
import type { Secrets } from './secrets.ts';

/** Where a part of a pack is found now. A block that was stored anew may have another length as stored. */
export type NewPlace = Pick<Ref, 'pack' | 'offset' | 'length'>;

/** New places by the offset in the old pack. */
export type Forward = ReadonlyMap<number, NewPlace>;

const ENTRY_BYTES = 4 + 4 + 4 + 4;

/**
 * A forward says where the parts of one pack are that were moved out of it (repacking) or that exist elsewhere (repair), so
 * that maps and points stay as they are (docs/format.md, section 7).
 * @param forward 16 random bytes, hex: a pack may have several forwards
 * @param salt 32 random bytes
 */
export function writeForward(
  secrets: Secrets,
  from: { kind: PackKind; pack: string; forward: string },
  places: Forward,
  salt: Uint8Array,
): Buffer {
  const packs = [...new Set([...places.values()].map(({ pack }) => pack))];
  const bytes = Buffer.alloc(8 + packs.length * 16 + places.size * ENTRY_BYTES);
  bytes.writeUInt32LE(packs.length, 0);
  bytes.writeUInt32LE(places.size, 4);
  packs.forEach((pack, i) => bytes.write(pack, 8 + i * 16, 'hex'));
  let at = 8 + packs.length * 16;
  for (const [old, { pack, offset, length }] of [...places].sort(([a], [b]) => a - b)) {
    bytes.writeUInt32LE(old, at);
    bytes.writeUInt32LE(packs.indexOf(pack), at + 4);
    bytes.writeUInt32LE(offset, at + 8);
    bytes.writeUInt32LE(length, at + 12);
    at += ENTRY_BYTES;
  }
  const name = forwardName(from.kind, from.pack, from.forward);
  return writeSealedObject(secrets, 'forward', name, Buffer.alloc(0), bytes, salt);
}

/** @throws REPOSITORY_DAMAGED */
export function readForward(secrets: Secrets, name: string, object: Buffer): Forward {
  const bytes = readSealedObject(secrets, 'forward', name, object);
  const packCount = bytes.length >= 8 ? bytes.readUInt32LE(0) : 0;
  const count = bytes.length >= 8 ? bytes.readUInt32LE(4) : 0;
  const entries = 8 + packCount * 16;
  if (bytes.length !== entries + count * ENTRY_BYTES) throw damaged(name, 'is no forward of version 1');
  const places = new Map<number, NewPlace>();
  for (let at = entries; at < bytes.length; at += ENTRY_BYTES) {
    const number = bytes.readUInt32LE(at + 4);
    if (number >= packCount) throw damaged(name, 'is no forward of version 1');
    const pack = bytes.toString('hex', 8 + number * 16, 24 + number * 16);
    const length = bytes.readUInt32LE(at + 12);
    places.set(bytes.readUInt32LE(at), { pack, offset: bytes.readUInt32LE(at + 8), length });
  }
  return places;
}
