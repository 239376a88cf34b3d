import type { ImageRef } from '../../model/point.ts';
import { limiter, orderedMap } from '../flow.ts';
import type { Config } from '../format/config.ts';
import { blockLength } from '../format/geometry.ts';
import type { Geometry } from '../format/geometry.ts';
import { PREFIXES } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import type { Ref } from '../format/pack.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { parseImage } from '../read/image.ts';
import type { MapReader } from '../read/mapReader.ts';
import { readPackDirectory } from '../read/packDirectory.ts';
import { packKey, packKeyOf } from '../format/marks.ts';
import type { PackKey } from '../format/marks.ts';
import { LiveParts } from '../prune/liveParts.ts';
import { MovedParts } from '../prune/movedParts.ts';

const CHILDREN_AHEAD = 8;
const PAGES_AT_ONCE = 16;
const DIRECTORIES_AHEAD = 16;

export interface DeepStats {
  /** Of all points: the bytes of blocks that are not zeros. */
  nonZeroBytes: number;
  /** Non-zero bytes of all points by plain bytes of the stored blocks. */
  deduplicationRatio: number;
  /** In packs, of blocks and pages that no point refers to. */
  unreferencedBytes: number;
}

interface DeepContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  maps: MapReader;
}

/** @param storedPlain plain bytes of all stored blocks @throws REPOSITORY_DAMAGED */
export async function deepStats(
  context: DeepContext,
  images: readonly ImageRef[],
  storedPlain: number,
): Promise<DeepStats> {
  const { store, config, secrets, maps } = context;
  const packs = new Map<PackKey, ObjectInfo>();
  for (const kind of ['data', 'maps'] as const) {
    for await (const info of store.list(PREFIXES[kind]))
      packs.set(packKey(kind, info.name.slice(kind.length + 1)), info);
  }
  const forwards = new Map<PackKey, ObjectInfo[]>();
  for await (const info of store.list(PREFIXES.moved)) {
    const key = packKeyOf(info.name, PREFIXES.moved);
    if (key) forwards.set(key, [...(forwards.get(key) ?? []), info]);
  }
  const walk = new Walk(
    maps,
    new MovedParts({ store, secrets }, forwards, { exists: (key) => packs.has(key), isBad: () => false }),
  );
  let nonZeroBytes = 0;
  for (const image of images) {
    const { root, geometry } = parseImage(image, config);
    nonZeroBytes += await nonZeroOf(maps, walk, root, geometry);
  }
  return {
    nonZeroBytes,
    deduplicationRatio: storedPlain === 0 ? 1 : nonZeroBytes / storedPlain,
    unreferencedBytes: await unreferencedBytes(context, packs, walk.live),
  };
}

async function nonZeroOf(maps: MapReader, walk: Walk, root: Ref | null, geometry: Geometry): Promise<number> {
  if (!root) return 0;
  const { blocks, blockSize, depth } = geometry;
  const count = await walk.blocks(root, depth - 1);
  const last = (await maps.block(root, geometry, blocks - 1)) ? blockSize - blockLength(geometry, blocks - 1) : 0;
  return count * blockSize - last;
}

/** Counts blocks below pages, each page once, and notes all live parts. */
class Walk {
  readonly live = new LiveParts();
  readonly #maps: MapReader;
  readonly #moved: MovedParts;
  readonly #counts = new Map<string, Promise<number>>();
  readonly #turn = limiter(PAGES_AT_ONCE);

  constructor(maps: MapReader, moved: MovedParts) {
    this.#maps = maps;
    this.#moved = moved;
  }

  blocks(ref: Ref, level: number): Promise<number> {
    const key = `${ref.pack}/${ref.offset}`;
    const count = this.#counts.get(key) ?? this.#count(ref, level);
    this.#counts.set(key, count);
    return count;
  }

  async #count(ref: Ref, level: number): Promise<number> {
    await this.#note('maps', ref);
    const page = await this.#turn(() => this.#maps.page(ref, level));
    const refs = page.filter((entry) => entry !== null);
    if (level === 0) {
      for (const block of refs) await this.#note('data', block);
      return refs.length;
    }
    let sum = 0;
    const below = orderedMap(refs, CHILDREN_AHEAD, (child) => this.blocks(child, level - 1));
    for await (const count of below) sum += count;
    return sum;
  }

  async #note(kind: PackKind, ref: Ref): Promise<void> {
    const finding = this.#moved.find(kind, ref);
    const found = finding instanceof Promise ? await finding : finding;
    for (const { pack, offset, length } of found?.places ?? [ref]) this.live.add(packKey(kind, pack), offset, length);
  }
}

/** Of a pack that has no live part, all of it; of others the entries that are not live. */
async function unreferencedBytes(
  { store, secrets }: DeepContext,
  packs: ReadonlyMap<PackKey, ObjectInfo>,
  live: LiveParts,
): Promise<number> {
  const dead = async ([key, { name, size }]: [PackKey, ObjectInfo]): Promise<number> => {
    const { count, bytes } = live.of(key);
    if (count === 0) return size;
    const kind = name.startsWith(PREFIXES.data) ? 'data' : 'maps';
    const entries = await readPackDirectory(store, secrets, { kind, pack: name.slice(kind.length + 1), size });
    return entries.reduce((sum, { length }) => sum + length, 0) - bytes;
  };
  let sum = 0;
  for await (const bytes of orderedMap(packs, DIRECTORIES_AHEAD, dead)) sum += bytes;
  return sum;
}
