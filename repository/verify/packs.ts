import { orderedMap } from '../flow.ts';
import { isCode } from '../format/damage.ts';
import { FOOT_BYTES } from '../format/pack.ts';
import { packName } from '../format/layout.ts';
import { maxPageBytes } from '../format/page.ts';
import type { Secrets } from '../format/secrets.ts';
import { lanesFor, packBuffers, RUN_BYTES } from '../lanes/lanes.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { release } from '../format/release.ts';
import type { ObjectStore } from '../ports.ts';
import type { PackAge } from './coverage.ts';

/** A pack is read in pieces of this size, some at once: with the packs that are read at once, 12 MiB for two cores. */
const PIECE_BYTES = 2 * 1024 * 1024;
const PIECES_AHEAD = 2;

/** What became of a pack that was read in full. */
export interface CheckedPack {
  /** Why it is not as it was written; left out when it is. */
  problem?: string;
  /** Offsets of entries that cannot be read. Left out when that cannot be told: no key, or no readable directory. */
  bad?: number[];
}

/** What checking takes beyond the packs' bytes. Without secrets only checksums are compared. */
export interface PackKeysSource {
  secrets: Secrets;
  blockSize: number;
  fanOut: number;
}

/** Reads packs in full, some at once, into memory that is used again; one that went meanwhile is left out. */
export async function* checkPacks(
  store: ObjectStore,
  packs: readonly PackAge[],
  keys: PackKeysSource | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ age: PackAge; check: CheckedPack }> {
  const lanes = lanesFor(packs.reduce((sum, { size }) => sum + size, 0));
  const check = async (age: PackAge, inner: AbortSignal) => {
    const bytes = await packBuffers.take(age.size);
    try {
      inner.throwIfAborted();
      const size = await readInto(store, age, bytes, inner);
      return size === undefined ? undefined : { age, check: await checkOne(lanes, age, bytes, size, keys) };
    } finally {
      packBuffers.give(bytes);
    }
  };
  // One more than there are lanes: the next is there when a lane ends.
  for await (const checked of orderedMap(packs, lanes.width + 1, check, signal)) if (checked) yield checked;
}

/** @returns how many bytes there are, or undefined when there is no such pack any more */
async function readInto(
  store: ObjectStore,
  { kind, pack, size }: PackAge,
  bytes: SharedArrayBuffer,
  signal: AbortSignal,
): Promise<number | undefined> {
  const target = new Uint8Array(bytes);
  const offsets = Array.from({ length: Math.max(1, Math.ceil(size / PIECE_BYTES)) }, (_, i) => i * PIECE_BYTES);
  const read = async (offset: number, inner: AbortSignal): Promise<number> => {
    const length = Math.min(PIECE_BYTES, size - offset);
    const { data } = await store.get(packName(kind, pack), { offset, length }, inner);
    target.set(data, offset);
    const { length: found } = data;
    release(data);
    return found;
  };
  try {
    let found = 0;
    // What was begun ends before the memory is given back, whatever becomes of one.
    for await (const length of orderedMap(offsets, PIECES_AHEAD, read, signal)) found += length;
    return found;
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

async function checkOne(
  lanes: Lanes,
  { kind, pack }: PackAge,
  bytes: SharedArrayBuffer,
  size: number,
  source: PackKeysSource | undefined,
): Promise<CheckedPack> {
  if (size < FOOT_BYTES) return { problem: 'is altered or truncated' };
  if (!source) return lanes.run('checkPack', { kind, pack, bytes, size });
  const { secrets, blockSize, fanOut } = source;
  const keys = { repository: secrets.repository, pack, packKey: secrets.packKey(pack) };
  const { problem, entries } = await lanes.run('checkPack', { kind, pack, bytes, size, keys });
  if (!entries) return problem === undefined ? {} : { problem };

  const limit = kind === 'data' ? blockSize : maxPageBytes(fanOut);
  const identityKey = kind === 'data' ? secrets.blockKey : secrets.pageKey;
  const most = Math.max(1, Math.floor(RUN_BYTES / limit));
  const bad: number[] = [];
  for (let i = 0; i < entries.length; i += most) {
    const some = entries.slice(i, i + most);
    bad.push(...(await lanes.run('checkEntries', { ...keys, kind, bytes, entries: some, identityKey, limit })));
  }
  if (problem !== undefined) return { problem, bad };
  return bad.length > 0 ? { problem: `has ${bad.length} parts that cannot be read`, bad } : {};
}
