import { unframe } from '../format/frame.ts';
import type { PackKind } from '../format/layout.ts';
import { FOOT_BYTES, isWholePack, openDirectory, PACK_HEAD_BYTES, place, readFoot } from '../format/pack.ts';
import type { PackKeys } from '../format/pack.ts';
import { unseal } from '../format/seal.ts';
import { keyedIdentity } from '../format/secrets.ts';
import { release } from '../format/release.ts';

/** The parts of checking a pack that is read in full. In steps, because what a step leaves behind is cleared between two. */

export interface CheckPackTask {
  kind: PackKind;
  /** Id that the pack should have. */
  pack: string;
  bytes: SharedArrayBuffer;
  size: number;
  /** Left out: only what can be told without a key. */
  keys?: PackKeys | undefined;
}

/** An entry to be checked. */
export interface ListedEntry {
  offset: number;
  length: number;
  identity: Uint8Array;
}

export interface PackCheck {
  /** Why the pack is not as it was written; left out when it is. */
  problem?: string;
  /** What its directory lists. Left out when that cannot be told: no key, or no readable directory. */
  entries?: ListedEntry[];
}

/** Checksum and directory of a whole pack. */
export function checkPack({ kind, pack, bytes, size, keys }: CheckPackTask): PackCheck {
  const data = Buffer.from(bytes, 0, size);
  const problem = problemOf(kind, pack, data);
  if (!keys) return problem === undefined ? {} : { problem };
  const entries = entriesOf(kind, data, keys);
  if (!entries) return { problem: problem ?? 'has a directory that fails authentication' };
  return problem === undefined ? { entries } : { problem, entries };
}

export interface CheckEntriesTask extends PackKeys {
  kind: PackKind;
  bytes: SharedArrayBuffer;
  entries: readonly ListedEntry[];
  /** Key of the entries' identities. */
  identityKey: Uint8Array;
  /** The most bytes that an entry may have when it is decompressed. */
  limit: number;
}

/** Decrypts and decompresses entries, and compares their identities. @returns the offsets of those that cannot be read */
export function checkEntries({ kind, bytes, entries, identityKey, limit, ...keys }: CheckEntriesTask): number[] {
  const role = kind === 'data' ? 'block' : 'page';
  const isBad = ({ offset, length, identity }: ListedEntry): boolean => {
    if (offset + length > bytes.byteLength) return true;
    const { nonce, data } = place(keys.repository, role, keys.pack, offset);
    const framed = unseal(keys.packKey, nonce, data, new Uint8Array(bytes, offset, length));
    const plain = framed && unframe(framed, limit);
    const same = plain !== undefined && keyedIdentity(identityKey, plain).equals(identity);
    if (plain) release(plain);
    if (framed) release(framed);
    return !same;
  };
  return entries.filter(isBad).map(({ offset }) => offset);
}

function problemOf(kind: PackKind, pack: string, data: Buffer): string | undefined {
  try {
    if (!isWholePack(kind, data)) return 'is altered or truncated';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return data.toString('hex', 8, 24) === pack ? undefined : 'is another pack';
}

function entriesOf(kind: PackKind, data: Buffer, keys: PackKeys): ListedEntry[] | undefined {
  if (data.length < FOOT_BYTES) return undefined;
  try {
    const found = readFoot(keys.pack, data.subarray(data.length - FOOT_BYTES), data.length);
    const sealed = data.subarray(found.offset, found.offset + found.length);
    let offset = PACK_HEAD_BYTES;
    return openDirectory(keys, kind, found, sealed).map(({ length, identity }) => {
      const entry = { offset, length, identity: new Uint8Array(identity) };
      offset += length;
      return entry;
    });
  } catch {
    return undefined; // Damaged: what is thrown says no more.
  }
}
