import { damaged } from '../format/damage.ts';
import { unframe } from '../format/frame.ts';
import { orderedMap } from '../flow.ts';
import { blockLength } from '../format/geometry.ts';
import type { Geometry } from '../format/geometry.ts';
import { packName } from '../format/layout.ts';
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

/** Reads blocks, several parts of packs ahead, and gives them in order. @throws REPOSITORY_DAMAGED */
export async function* readBlocks(
  store: ObjectStore,
  secrets: Secrets,
  geometry: Geometry,
  refs: AsyncIterable<PlacedRef>,
  signal?: AbortSignal,
): AsyncGenerator<{ block: number; data: Buffer }> {
  const most = Math.max(1, Math.floor(RUN_BYTES / geometry.blockSize));
  const readRun = async (run: PlacedRef[], inner: AbortSignal) => {
    const [first, last] = [run.at(0)?.ref, run.at(-1)?.ref];
    if (!first || !last) return [];
    const range = { offset: first.offset, length: last.offset + last.length - first.offset };
    const sealed = await readPart(store, packName('data', first.pack), range, inner);
    const key = secrets.packKey(first.pack);
    return Promise.all(
      run.map(async ({ block, ref }) => {
        const at = ref.offset - first.offset;
        const data = await openBlock(
          secrets,
          key,
          ref,
          sealed.subarray(at, at + ref.length),
          blockLength(geometry, block),
        );
        return { block, data };
      }),
    );
  };
  for await (const blocks of orderedMap(neighbours(refs, most), RUNS_AHEAD, readRun, signal)) yield* blocks;
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
