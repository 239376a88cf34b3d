import { orderedMap } from '../flow.ts';
import { FOOT_BYTES } from '../format/pack.ts';
import { packName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { maxPageBytes } from '../format/page.ts';
import type { Secrets } from '../format/secrets.ts';
import type { CheckPackTask, PackCheck } from '../lanes/checkPack.ts';
import { lanesFor } from '../lanes/lanes.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { ObjectStore } from '../ports.ts';
import type { PackAge } from './coverage.ts';
import { getIfThere } from './texts.ts';

/** Packs in memory beyond those being checked: the next one is there when a lane ends. */
const AHEAD = 1;

/** What checking takes beyond the packs' bytes. Without secrets only checksums are compared. */
export interface PackKeysSource {
  secrets: Secrets;
  blockSize: number;
  fanOut: number;
}

/** Reads packs in full, some at once; one that went meanwhile is left out. Holds as many packs as there are lanes, and one. */
export async function* checkPacks(
  store: ObjectStore,
  packs: readonly PackAge[],
  keys: PackKeysSource | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ age: PackAge; check: PackCheck }> {
  const lanes = lanesFor(packs.reduce((sum, { size }) => sum + size, 0));
  const read = async (age: PackAge, inner: AbortSignal) => {
    const found = await getIfThere(store, packName(age.kind, age.pack), inner);
    return found && { age, check: await checkOne(lanes, age, found.data, keys) };
  };
  for await (const checked of orderedMap(packs, lanes.width + AHEAD, read, signal)) if (checked) yield checked;
}

function checkOne(
  lanes: Lanes,
  { kind, pack }: PackAge,
  data: Buffer,
  keys: PackKeysSource | undefined,
): Promise<PackCheck> {
  if (data.length < FOOT_BYTES) return Promise.resolve({ problem: 'is altered or truncated' });
  const bytes = ownBytes(data);
  const task = { kind, pack, bytes, size: data.length, ...(keys && { keys: keysOf(kind, pack, keys) }) };
  return lanes.run('checkPack', task, [bytes]);
}

function keysOf(kind: PackKind, pack: string, { secrets, blockSize, fanOut }: PackKeysSource): CheckPackTask['keys'] {
  const { repository } = secrets;
  const packKey = secrets.packKey(pack);
  return kind === 'data'
    ? { repository, packKey, identityKey: secrets.blockKey, limit: blockSize }
    : { repository, packKey, identityKey: secrets.pageKey, limit: maxPageBytes(fanOut) };
}

/** The bytes as memory that can travel: small buffers are parts of a shared one. */
function ownBytes(data: Buffer): ArrayBuffer {
  const { buffer, byteOffset, length } = data;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength === length) return buffer;
  return new Uint8Array(data).buffer;
}
