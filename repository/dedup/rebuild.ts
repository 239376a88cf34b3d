import type { StrongroomError } from '../../model/errors.ts';
import { isCode } from '../format/damage.ts';
import { orderedMap } from '../flow.ts';
import { readIndexObject } from '../format/indexObject.ts';
import { PREFIXES } from '../format/layout.ts';
import { readPackDirectory } from '../read/packDirectory.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';
import { PackListing } from './packListing.ts';
import { UsablePacks } from './usablePacks.ts';

const OBJECTS_AHEAD = 8;
const DIRECTORIES_AHEAD = 16;

export interface Rebuilt {
  /** Packs that were listed in no readable index object, and are now. */
  packs: number;
  /** Index objects that cannot be read. Nothing needs them any more. */
  damagedObjects: StrongroomError[];
  /** Packs whose directory cannot be read: they stay unlisted. */
  damagedPacks: StrongroomError[];
}

/**
 * Writes index objects for the data packs that no readable index object lists, from the packs' own directories. Packs with
 * a bad mark are left out, as they are when the index is loaded. May run beside writers: what they list meanwhile is
 * listed twice, which does no harm.
 */
export async function rebuildIndex(
  { store, secrets, random }: { store: ObjectStore; secrets: Secrets; random(bytes: number): Buffer },
  signal?: AbortSignal,
): Promise<Rebuilt> {
  const rebuilt: Rebuilt = { packs: 0, damagedObjects: [], damagedPacks: [] };
  /** What is damaged is noted and left out; what went meanwhile, or a newer release wrote, is left out and left alone. */
  const tryTo = async <T>(work: () => Promise<T>, failed: StrongroomError[]): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (isCode(error, 'REPOSITORY_DAMAGED')) failed.push(error);
      else if (!isCode(error, 'NOT_FOUND') && !isCode(error, 'REPOSITORY_UNKNOWN')) throw error;
      return undefined;
    }
  };

  const usable = await UsablePacks.of(store);
  const readObject = (name: string, inner: AbortSignal) =>
    tryTo(async () => {
      const { data } = await store.get(name, undefined, inner);
      return readIndexObject(secrets, name, data).map(({ pack, size }) => ({ pack, size }));
    }, rebuilt.damagedObjects);
  const objects = orderedMap(
    store.list(PREFIXES.index),
    OBJECTS_AHEAD,
    ({ name }, inner) => readObject(name, inner),
    signal,
  );
  for await (const packs of objects) for (const { pack, size } of packs ?? []) usable.list(pack, size);

  const listing = new PackListing({ store, secrets, random });
  const directories = orderedMap(
    usable.unlisted(),
    DIRECTORIES_AHEAD,
    async ({ pack, size }, inner) => {
      const read = () => readPackDirectory(store, secrets, { kind: 'data', pack, size }, inner);
      return { pack, size, entries: await tryTo(read, rebuilt.damagedPacks) };
    },
    signal,
  );
  for await (const { pack, size, entries } of directories) {
    if (!entries) continue;
    await listing.add({ pack, size, entries });
    rebuilt.packs++;
  }
  await listing.flush();
  return rebuilt;
}
