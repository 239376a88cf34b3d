import { damaged, isCode } from '../format/damage.ts';
import { unframe } from '../format/frame.ts';
import { finish, orderedMap } from '../flow.ts';
import { blockLength } from '../format/geometry.ts';
import type { Geometry } from '../format/geometry.ts';
import { packName } from '../format/layout.ts';
import type { Forwards } from './forwards.ts';
import { readPart } from '../stores/objects.ts';
import { openPart } from '../format/pack.ts';
import type { Ref } from '../format/pack.ts';
import { readBuffers, RUN_BYTES, RUNS, RUNS_AHEAD } from '../lanes/lanes.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';

export interface PlacedRef {
  block: number;
  ref: Ref;
}

/** What blocks are read with. */
export interface BlockSource {
  store: ObjectStore;
  secrets: Secrets;
  forwards: Forwards;
  geometry: Geometry;
}

/**
 * Reads blocks, several parts of packs ahead, and gives them in order. A block that is not readable at its place is read
 * where forwards say it is. @throws REPOSITORY_DAMAGED
 */
export async function* readBlocks(
  source: BlockSource,
  lanes: Lanes,
  refs: AsyncIterable<PlacedRef>,
  signal?: AbortSignal,
): AsyncGenerator<{ block: number; data: Buffer }> {
  // Copied, because who gets a block may keep it for as long as he likes.
  const read = (run: PlacedRef[], inner: AbortSignal) =>
    withRun(source, lanes, run, inner, async (blocks) =>
      blocks.map(({ block, data }) => ({ block, data: Buffer.from(data) })),
    );
  for await (const blocks of orderedMap(runsOf(source, refs), RUNS, read, signal)) yield* blocks;
}

/**
 * As {@link readBlocks}, in any order and without copying: `use` gets neighbouring blocks, several times at once, and must be
 * done with the bytes when it resolves.
 */
export async function forEachRun(
  source: BlockSource,
  lanes: Lanes,
  refs: AsyncIterable<PlacedRef>,
  use: (first: number, data: Uint8Array) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const read = (run: PlacedRef[], inner: AbortSignal) =>
    withRun(source, lanes, run, inner, async (blocks) => {
      for (const { first, data } of joined(blocks)) await use(first, data);
    });
  await finish(orderedMap(runsOf(source, refs), RUNS_AHEAD, read, signal));
}

interface OpenBlock {
  block: number;
  data: Uint8Array;
}

/** Reads and opens one run, lends its blocks and takes their memory back. */
async function withRun<T>(
  source: BlockSource,
  lanes: Lanes,
  run: PlacedRef[],
  signal: AbortSignal,
  use: (blocks: OpenBlock[]) => Promise<T>,
): Promise<T> {
  const memory = await readBuffers.take();
  try {
    signal.throwIfAborted();
    return await use(await openRun(source, lanes, run, memory, signal));
  } finally {
    readBuffers.give(memory);
  }
}

async function openRun(
  source: BlockSource,
  lanes: Lanes,
  run: PlacedRef[],
  into: SharedArrayBuffer,
  signal: AbortSignal,
): Promise<OpenBlock[]> {
  const { store, secrets, forwards, geometry } = source;
  const [first, last] = [run.at(0)?.ref, run.at(-1)?.ref];
  if (!first || !last) return [];
  const { pack } = first;
  const range = { offset: first.offset, length: last.offset + last.length - first.offset };
  const sealed = await readPart(store, packName('data', pack), range, signal).catch((error: unknown) => {
    if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
    forwards.note('data', pack, error);
    return undefined;
  });
  const parts = run.map(({ block, ref: { offset, length, identity } }) => ({
    at: offset - range.offset,
    length,
    offset,
    plain: blockLength(geometry, block),
    identity,
  }));
  const { repository, blockKey } = secrets;
  const keys = { repository, blockKey, pack, packKey: secrets.packKey(pack) };
  const bytes = sealed && whole(sealed);
  const opened = bytes && (await lanes.run('open', { ...keys, sealed: bytes, parts, into }, [bytes]));
  const blocks: OpenBlock[] = [];
  let end = 0;
  for (const [i, placed] of run.entries()) {
    const data = new Uint8Array(into, end, parts[i]?.plain);
    end += data.length;
    if (opened?.[i] !== 'ok') data.set(await readOne(source, placed, signal));
    blocks.push({ block: placed.block, data });
  }
  return blocks;
}

/** The bytes in memory of their own, which may be given away. */
const whole = ({ buffer, byteOffset, length }: Buffer): ArrayBuffer =>
  buffer instanceof ArrayBuffer && buffer.byteLength === length
    ? buffer
    : (buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer);

/** Reads a block alone, wherever it is. @throws REPOSITORY_DAMAGED that says what is wrong at its own place */
const readOne = ({ store, secrets, forwards, geometry }: BlockSource, { block, ref }: PlacedRef, signal: AbortSignal) =>
  forwards.read('data', ref, async (at) =>
    openBlock(secrets, at, await readPart(store, packName('data', at.pack), at, signal), blockLength(geometry, block)),
  );

/** Blocks that follow one another in the image, and so in memory, as one piece. */
function* joined(blocks: readonly OpenBlock[]): Generator<{ first: number; data: Uint8Array }> {
  let piece: { first: number; next: number; data: Uint8Array } | undefined;
  for (const { block, data } of blocks) {
    if (piece && piece.next === block) {
      const { buffer, byteOffset, length } = piece.data;
      piece.data = new Uint8Array(buffer, byteOffset, length + data.length);
      piece.next++;
    } else {
      if (piece) yield piece;
      piece = { first: block, next: block + 1, data };
    }
  }
  if (piece) yield piece;
}

const runsOf = ({ forwards, geometry }: BlockSource, refs: AsyncIterable<PlacedRef>): AsyncGenerator<PlacedRef[]> =>
  neighbours(settled(forwards, refs), Math.max(1, Math.floor(RUN_BYTES / geometry.blockSize)));

/** References into packs that are known to be gone, at the places where their blocks are now: so they make runs again. */
async function* settled(forwards: Forwards, refs: AsyncIterable<PlacedRef>): AsyncGenerator<PlacedRef> {
  for await (const { block, ref } of refs) yield { block, ref: await forwards.settle('data', ref) };
}

/** Groups references that lie one behind the other in a pack, so that one read brings them all. */
async function* neighbours(refs: AsyncIterable<PlacedRef>, most: number): AsyncGenerator<PlacedRef[]> {
  let run: PlacedRef[] = [];
  for await (const placed of refs) {
    const last = run.at(-1)?.ref;
    if (
      last &&
      (placed.ref.pack !== last.pack || placed.ref.offset !== last.offset + last.length || run.length >= most)
    ) {
      yield run;
      run = [];
    }
    run.push(placed);
  }
  if (run.length > 0) yield run;
}

function openBlock(secrets: Secrets, ref: Ref, sealed: Buffer, length: number): Buffer {
  const data = unframe(openPart(secrets, secrets.packKey(ref.pack), 'block', ref, sealed), length);
  if (data?.length !== length || secrets.blockIdentity(data).toString('hex') !== ref.identity) {
    throw damaged(packName('data', ref.pack), `has another block at offset ${ref.offset} than the one referred to`);
  }
  return data;
}
