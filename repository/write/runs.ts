import type { ImageStats } from '../../model/point.ts';
import { IDENTITY_BYTES } from '../format/secrets.ts';
import type { Secrets } from '../format/secrets.ts';
import type { Ref } from '../format/pack.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { NewBlock } from './blockPacks.ts';
import type { BlockStore } from './blockStore.ts';

/** Source data: blocks in ascending order, one behind the other in memory. */
export interface Run {
  /** Their numbers in the image. */
  blocks: readonly number[];
  memory: SharedArrayBuffer;
  /** Bytes. */
  length: number;
}

/** What became of a run. */
export interface WrittenRun {
  blocks: readonly number[];
  /** Where each block lies now: null when it is zeros, undefined when it is as it was before. */
  places: (Ref | null | undefined)[];
  stats: Omit<ImageStats, 'size'>;
}

/** Stores what of a run is new. @param before where its blocks lay before: null for a hole */
export async function writeRun(
  { config, secrets, blocks: store }: { config: { blockSize: number }; secrets: Secrets; blocks: BlockStore },
  lanes: Lanes,
  { blocks, memory, length }: Run,
  before: readonly (Ref | null)[],
): Promise<WrittenRun> {
  const { blockSize } = config;
  const { blockKey } = secrets;
  const { identities, zeros } = await lanes.run('hash', { run: memory, length, blockSize, blockKey });
  const changed: (NewBlock & { i: number })[] = [];
  const places: (Ref | null | undefined)[] = Array.from(zeros, (zero, i) => {
    const was = before[i] ?? null;
    if (zero) return was ? null : undefined;
    const identity = Buffer.from(identities.buffer, identities.byteOffset + i * IDENTITY_BYTES, IDENTITY_BYTES);
    if (was?.identity === identity.toString('hex')) return undefined;
    const start = i * blockSize;
    changed.push({ i, identity, start, length: Math.min(blockSize, length - start) });
    return undefined;
  });
  const stats = { read: length, stored: 0, blocksRead: zeros.length, blocksNew: 0, blocksZero: 0 };
  for (const zero of zeros) stats.blocksZero += zero;
  const placed = await store.place(lanes, memory, changed);
  placed.forEach(({ ref, isNew }, n) => {
    places[changed[n]?.i ?? 0] = ref;
    if (!isNew) return;
    stats.stored += ref.length;
    stats.blocksNew++;
  });
  return { blocks, places, stats };
}
