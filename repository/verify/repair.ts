import { StrongroomError } from '../../model/errors.ts';
import { rebuildIndex } from '../dedup/rebuild.ts';
import { writeBadMark } from '../format/badMark.ts';
import type { BadMark } from '../format/badMark.ts';
import { isCode } from '../format/damage.ts';
import { writeForward } from '../format/forward.ts';
import type { NewPlace } from '../format/forward.ts';
import { badName, forwardName, packName, PREFIXES } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { claimMark, packKey } from '../format/marks.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import { putNew } from '../stores/objects.ts';
import type { Findings } from './findings.ts';
import type { Broken } from './references.ts';
import { getIfThere } from './texts.ts';

interface RepairContext {
  store: ObjectStore;
  secrets: Secrets;
  random(bytes: number): Buffer;
}

/** Writes where broken parts are found now. */
export async function writeForwards(
  { store, secrets, random }: RepairContext,
  broken: ReadonlyMap<string, Broken>,
  copies: ReadonlyMap<string, NewPlace>,
): Promise<void> {
  const packs = new Map<string, { kind: PackKind; pack: string; places: Map<number, NewPlace> }>();
  for (const [key, place] of copies) {
    const part = broken.get(key);
    if (!part) continue;
    const { kind, ref } = part;
    // Where nothing but the copy needs a pack, prune may have marked it.
    if ((await claimMark(store, packKey(kind, place.pack))) === 'deleting') continue;
    if (!(await isThere(store, packName(kind, place.pack)))) continue; // It was marked, and is gone since.
    const name = packName(kind, ref.pack);
    const found = packs.get(name) ?? { kind, pack: ref.pack, places: new Map<number, NewPlace>() };
    packs.set(name, found);
    found.places.set(ref.offset, place);
  }
  for (const { kind, pack, places } of packs.values()) {
    const forward = random(16).toString('hex');
    const object = writeForward(secrets, { kind, pack, forward }, places, random(32));
    await putNew(store, forwardName(kind, pack, forward), [object]);
  }
}

async function isThere(store: ObjectStore, name: string): Promise<boolean> {
  try {
    await store.head(name);
    return true;
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return false;
    throw error;
  }
}

/** Sets a pack aside, so that writers do not rely on it and store anew what their base has in it. */
export async function markBad(store: ObjectStore, mark: BadMark): Promise<void> {
  const name = badName(mark.kind, mark.pack);
  const before = await getIfThere(store, name);
  const condition = before ? { ifMatch: before.info.etag } : { ifAbsent: true };
  await store.put(name, [writeBadMark(mark)], condition);
}

/** Lists packs anew that no readable index object lists, and removes the index objects that cannot be read. */
export async function repairIndex(
  context: RepairContext,
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { damagedObjects } = await rebuildIndex(context, signal);
  for (const { details } of damagedObjects) {
    const name = details['object'] ?? '';
    const warning = findings.warnings.find(({ object }) => object === name);
    if (!warning) continue;
    warning.repaired = (await tryDelete(context.store, name))
      ? 'its packs are listed anew, and it was deleted'
      : 'its packs are listed anew; it could not be deleted';
  }
  for (const warning of findings.warnings) {
    const unlisted = warning.object.startsWith(PREFIXES.data) && warning.what.includes('in no index object');
    if (unlisted) warning.repaired = 'listed anew';
  }
}

/** Deletes what is of no use to anybody; a store that refuses is left as it is. */
async function tryDelete(store: ObjectStore, name: string): Promise<boolean> {
  try {
    await store.delete(name);
    return true;
  } catch (error) {
    if (!(error instanceof StrongroomError) || isCode(error, 'AZURE_UNAVAILABLE')) throw error;
    return false;
  }
}

/** Takes back the mark of a pack that was read in full and is whole. */
export const unmarkBad = (store: ObjectStore, kind: PackKind, pack: string): Promise<boolean> =>
  tryDelete(store, badName(kind, pack));
