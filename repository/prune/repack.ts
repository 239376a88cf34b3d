import { PackListing } from '../dedup/packListing.ts';
import { damaged, isCode } from '../format/damage.ts';
import { writeForward } from '../format/forward.ts';
import type { NewPlace } from '../format/forward.ts';
import { forwardName, packName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { packKey, splitPackKey } from '../format/marks.ts';
import type { PackKey } from '../format/marks.ts';
import { openPart, PACK_HEAD_BYTES, PackBuilder, readDirectory } from '../format/pack.ts';
import type { Frame } from '../format/frame.ts';
import type { Secrets } from '../format/secrets.ts';
import { DATA_PACK_BYTES } from '../lanes/lanes.ts';
import type { ObjectStore } from '../ports.ts';
import { putNew } from '../stores/objects.ts';
import type { MovedParts } from './movedParts.ts';
import type { Reach } from './walk.ts';

/** A new pack is closed when it reaches this (docs/format.md, section 5). */
const fullPack = { data: DATA_PACK_BYTES, maps: 8 * 1024 * 1024 };
const roleOf = { data: 'block', maps: 'page' } as const;

export interface RepackContext {
  store: ObjectStore;
  secrets: Secrets;
  random(bytes: number): Buffer;
  moved: MovedParts;
  needed: Reach;
  /** Awaited before forwards are written: what nobody may do who was away for too long. */
  renew(): Promise<void>;
  /** Told of the bytes of each pack that was put. */
  onStored(bytes: number): void;
  /** A new pack is closed when it reaches this. */
  packBytes?: number;
  signal?: AbortSignal;
}

/** Where the parts of a pack lie from now on, by their offsets. */
type Moves = Map<number, NewPlace>;

/**
 * Copies what is needed of each pack into new packs, all of one kind, and writes forwards; where forwards led to the old packs, new
 * ones lead past them, so that chains stay short. Sealed parts are opened and sealed again, never decompressed. Holds one
 * old pack and one and a half new ones in memory.
 * @returns the packs that are needed no more, and the names of those that were found damaged: they stay as they are
 * @throws REPOSITORY_DAMAGED (of a forward)
 */
export async function repack(
  context: RepackContext,
  kind: PackKind,
  keys: readonly PackKey[],
): Promise<{ done: PackKey[]; damaged: string[] }> {
  const { store, secrets, random, signal } = context;
  const leading = await leadingTo(context, kind, new Set(keys));
  const listing = new PackListing({ store, secrets, random });
  const result = { done: [] as PackKey[], damaged: [] as string[] };
  let builder: PackBuilder | undefined;
  let pending = new Map<PackKey, Moves>();

  const flush = async () => {
    if (!builder) return;
    const parts = builder.finish();
    await putNew(store, packName(kind, builder.pack), parts, signal);
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    context.onStored(size);
    if (kind === 'data') {
      await listing.add({ pack: builder.pack, size, entries: builder.entries });
      await listing.flush();
    }
    await context.renew();
    for (const [key, moves] of withLeading(pending, leading)) await putForward(context, key, moves);
    result.done.push(...pending.keys());
    builder = undefined;
    pending = new Map();
  };

  for (const key of keys) {
    signal?.throwIfAborted();
    let parts: LivePart[];
    try {
      parts = await readLiveParts(context, kind, key);
    } catch (error) {
      if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
      result.damaged.push(error.details['object'] ?? packName(kind, splitPackKey(key).pack));
      continue;
    }
    builder ??= new PackBuilder(kind, random(16), secrets);
    const moves: Moves = new Map();
    for (const { offset, content, identity } of parts) moves.set(offset, builder.add(content, identity));
    pending.set(key, moves);
    if (builder.size >= (context.packBytes ?? fullPack[kind])) await flush();
  }
  await flush();
  return result;
}

interface LivePart {
  offset: number;
  content: Frame;
  identity: Buffer;
}

/** The needed parts of a pack, opened. @throws REPOSITORY_DAMAGED */
async function readLiveParts({ store, secrets, needed, signal }: RepackContext, kind: PackKind, key: PackKey) {
  const { pack } = splitPackKey(key);
  const name = packName(kind, pack);
  const { data } = await store.get(name, undefined, signal).catch((cause: unknown) => {
    throw isCode(cause, 'NOT_FOUND') ? damaged(name, 'is missing', cause) : cause;
  });
  const packSecret = secrets.packKey(pack);
  const parts: LivePart[] = [];
  let offset = PACK_HEAD_BYTES;
  for (const { length, identity } of readDirectory(secrets, kind, pack, data)) {
    if (needed.parts.has(key, offset)) {
      const framed = openPart(
        secrets,
        packSecret,
        roleOf[kind],
        { pack, offset },
        data.subarray(offset, offset + length),
      );
      parts.push({ offset, content: [framed.subarray(0, 1), framed.subarray(1)], identity });
    }
    offset += length;
  }
  if (parts.length !== needed.parts.of(key).count) throw damaged(name, 'has no part where maps refer to');
  return parts;
}

/** A part of one pack that forwards find in another. */
interface Leading {
  from: PackKey;
  offset: number;
  to: number;
}

/** What the needed forwards find in packs that are being copied, by those packs. */
async function leadingTo(
  { moved, needed }: RepackContext,
  kind: PackKind,
  copied: ReadonlySet<PackKey>,
): Promise<Map<PackKey, Leading[]>> {
  const leading = new Map<PackKey, Leading[]>();
  for (const from of needed.forwarded) {
    if (splitPackKey(from).kind !== kind) continue;
    for (const [offset, place] of await moved.places(from)) {
      const key = packKey(kind, place.pack);
      if (copied.has(key)) leading.set(key, [...(leading.get(key) ?? []), { from, offset, to: place.offset }]);
    }
  }
  return leading;
}

/** The moves, and those of parts that came to the old packs by forwards. */
function withLeading(
  moved: ReadonlyMap<PackKey, Moves>,
  leading: ReadonlyMap<PackKey, Leading[]>,
): Map<PackKey, Moves> {
  const all = new Map<PackKey, Moves>(moved);
  for (const [key, moves] of moved) {
    for (const { from, offset, to } of leading.get(key) ?? []) {
      const place = moves.get(to);
      if (!place) continue;
      const those = all.get(from) ?? new Map<number, NewPlace>();
      all.set(from, those.set(offset, place));
    }
  }
  return all;
}

async function putForward(
  { store, secrets, random, signal }: RepackContext,
  key: PackKey,
  moves: Moves,
): Promise<void> {
  const { kind, pack } = splitPackKey(key);
  const forward = random(16).toString('hex');
  const bytes = writeForward(secrets, { kind, pack, forward }, moves, random(32));
  await putNew(store, forwardName(kind, pack, forward), [bytes], signal);
}
