import { unframeSync } from '../format/frame.ts';
import type { PackKind } from '../format/layout.ts';
import { FOOT_BYTES, isWholePack, openDirectory, PACK_HEAD_BYTES, place, readFoot } from '../format/pack.ts';
import type { DirectoryEntry, PackKeys } from '../format/pack.ts';
import { unseal } from '../format/seal.ts';
import { keyedIdentity } from '../format/secrets.ts';

export interface CheckPackTask {
  kind: PackKind;
  /** Id that the pack should have. */
  pack: string;
  bytes: ArrayBuffer;
  size: number;
  /** Left out: only what can be told without a key. */
  keys?: Omit<PackKeys, 'pack'> & {
    /** Key of its entries' identities. */
    identityKey: Uint8Array;
    /** The most bytes that an entry may have when it is decompressed. */
    limit: number;
  };
}

export interface PackCheck {
  /** Why the pack is not as it was written; left out when it is. */
  problem?: string;
  /** Offsets of entries that cannot be read. Left out when that cannot be told: no key, or no readable directory. */
  bad?: number[];
}

/** Reads a whole pack: its checksum and, with keys, its directory, and every entry against its identity there. */
export function checkPack({ kind, pack, bytes, size, keys }: CheckPackTask): PackCheck {
  const data = Buffer.from(bytes, 0, size);
  const problem = problemOf(kind, pack, data);
  const entries = keys && directoryOf(kind, pack, data, keys);
  if (!keys) return { ...problem };
  if (!entries) return { problem: problem.problem ?? 'has a directory that fails authentication' };
  const bad: number[] = [];
  let offset = PACK_HEAD_BYTES;
  for (const { length, identity } of entries) {
    const { nonce, data: additional } = place(keys.repository, kind === 'data' ? 'block' : 'page', pack, offset);
    const framed = unseal(keys.packKey, nonce, additional, data.subarray(offset, offset + length));
    const plain = framed && unframeSync(framed, keys.limit);
    if (!plain || !keyedIdentity(keys.identityKey, plain).equals(identity)) bad.push(offset);
    offset += length;
  }
  return bad.length > 0
    ? { problem: problem.problem ?? `has ${bad.length} unreadable entries`, bad }
    : { ...problem, bad };
}

function problemOf(kind: PackKind, pack: string, data: Buffer): { problem?: string } {
  try {
    if (!isWholePack(kind, data)) return { problem: 'is altered or truncated' };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  return data.toString('hex', 8, 24) === pack ? {} : { problem: 'is another pack' };
}

function directoryOf(
  kind: PackKind,
  pack: string,
  data: Buffer,
  { repository, packKey }: Omit<PackKeys, 'pack'>,
): DirectoryEntry[] | undefined {
  if (data.length < FOOT_BYTES) return undefined;
  try {
    const found = readFoot(pack, data.subarray(data.length - FOOT_BYTES), data.length);
    const sealed = data.subarray(found.offset, found.offset + found.length);
    return openDirectory({ repository, pack, packKey }, kind, found, sealed);
  } catch {
    return undefined; // Damaged: what is thrown says no more.
  }
}
