import { PACK_HEAD_BYTES } from '../../../repository/format/pack.ts';
import type { Ref } from '../../../repository/format/pack.ts';
import type { IndexedPack } from '../../../repository/format/indexObject.ts';
import { noise } from '../fixtures.ts';

const identities = noise(16 * 25_000, 'identities');

/** Identity of the n-th block of a test. */
export const identityOf = (n: number): Buffer => identities.subarray(n * 16, (n + 1) * 16);

/** A pack as it would be listed, of blocks by their numbers; its object is `size` bytes. */
export function listedPack(pack: string, size: number, blocks: readonly number[]): IndexedPack {
  return { pack, size, entries: blocks.map((n) => ({ length: 20 + (n % 50), identity: identityOf(n) })) };
}

/** Where each block of a pack lies, by its identity in hex. */
export function placesOf({ pack, entries }: IndexedPack): Map<string, Ref> {
  const places = new Map<string, Ref>();
  let offset = PACK_HEAD_BYTES;
  for (const { identity: bytes, length } of entries) {
    const identity = bytes.toString('hex');
    if (!places.has(identity)) places.set(identity, { pack, offset, length, identity });
    offset += length;
  }
  return places;
}
