import { damaged, isCode } from '../format/damage.ts';
import { unframe } from '../format/frame.ts';
import { orderedMap } from '../flow.ts';
import { blockLength } from '../format/geometry.ts';
import type { Geometry } from '../format/geometry.ts';
import { packName } from '../format/layout.ts';
import type { Forwards } from './forwards.ts';
import { readPart } from '../stores/objects.ts';
import { openPart } from '../format/pack.ts';
import type { Ref } from '../format/pack.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';

/** Plain bytes of the blocks that one read of a pack brings. */
const RUN_BYTES = 4 * 1024 * 1024;
const RUNS_AHEAD = 8;

export interface PlacedRef {
  block: number;
  ref: Ref;
}

/**
 * Reads blocks, several parts of packs ahead, and gives them in order. A block that is not readable at its place is read
 * where forwards say it is. @throws REPOSITORY_DAMAGED
 */
export async function* readBlocks(
  store: ObjectStore,
  secrets: Secrets,
  forwards: Forwards,
  geometry: Geometry,
  refs: AsyncIterable<PlacedRef>,
  signal?: AbortSignal,
): AsyncGenerator<{ block: number; data: Buffer }> {
  const most = Math.max(1, Math.floor(RUN_BYTES / geometry.blockSize));
  const open = (ref: Ref, block: number, sealed: Buffer) =>
    openBlock(secrets, secrets.packKey(ref.pack), ref, sealed, blockLength(geometry, block));
  const readOne = ({ block, ref }: PlacedRef, inner: AbortSignal) =>
    forwards.read('data', ref, async (at) =>
      open(at, block, await readPart(store, packName('data', at.pack), at, inner)),
    );
  const readRun = async (run: PlacedRef[], inner: AbortSignal) => {
    const [first, last] = [run.at(0)?.ref, run.at(-1)?.ref];
    if (!first || !last) return [];
    const range = { offset: first.offset, length: last.offset + last.length - first.offset };
    const sealed = await readPart(store, packName('data', first.pack), range, inner).catch((error: unknown) => {
      if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
      forwards.note('data', first.pack, error);
      return undefined;
    });
    return Promise.all(
      run.map(async (placed) => {
        const at = placed.ref.offset - first.offset;
        const part = sealed?.subarray(at, at + placed.ref.length);
        const data = await (part ? open(placed.ref, placed.block, part) : readOne(placed, inner)).catch(
          (error: unknown) => {
            if (!part || !isCode(error, 'REPOSITORY_DAMAGED')) throw error;
            return readOne(placed, inner);
          },
        );
        return { block: placed.block, data };
      }),
    );
  };
  const runs = neighbours(settled(forwards, refs), most);
  for await (const blocks of orderedMap(runs, RUNS_AHEAD, readRun, signal)) yield* blocks;
}

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

async function openBlock(secrets: Secrets, key: Buffer, ref: Ref, sealed: Buffer, length: number): Promise<Buffer> {
  const data = await unframe(openPart(secrets, key, 'block', ref, sealed), length);
  if (data?.length !== length || secrets.blockIdentity(data).toString('hex') !== ref.identity) {
    throw damaged(packName('data', ref.pack), `has another block at offset ${ref.offset} than the one referred to`);
  }
  return data;
}
