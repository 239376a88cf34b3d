import { isCode } from '../format/damage.ts';
import { orderedMap } from '../flow.ts';
import { readIndexObject, writeIndexObject } from '../format/indexObject.ts';
import type { IndexedPack } from '../format/indexObject.ts';
import { indexName, PREFIXES } from '../format/layout.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import { putNew } from '../stores/objects.ts';
import { planIndex } from './indexPlan.ts';
import type { IndexContent } from './indexPlan.ts';

const LOADS_AHEAD = 8;

export interface IndexContext {
  store: ObjectStore;
  secrets: Secrets;
  random(bytes: number): Buffer;
  signal?: AbortSignal;
}

/**
 * Replaces many index objects by few, without packs that are gone. Damaged ones are left to `verify`: they cost
 * deduplication only.
 * @param going packs that are about to be deleted
 * @param safeAfter see {@link planIndex}
 * @returns objects deleted
 */
export async function mergeIndex(
  context: IndexContext,
  going: ReadonlySet<string>,
  safeAfter: number,
): Promise<number> {
  const { store, secrets, random, signal } = context;
  const contents: IndexContent[] = [];
  const read = async ({ name, modified }: { name: string; modified: string }) => {
    const packs = await readIndex(context, name);
    return packs && { name, modified: Date.parse(modified), packs: packs.map(({ pack }) => pack) };
  };
  const objects = orderedMap(store.list(PREFIXES.index), LOADS_AHEAD, read, signal);
  for await (const content of objects) if (content) contents.push(content);
  // Listed afterwards: a pack is in the store before an index names it.
  const stored = new Set<string>();
  for await (const { name } of store.list(PREFIXES.data)) stored.add(name.slice(PREFIXES.data.length));

  const plan = planIndex(contents, (pack) => stored.has(pack) && !going.has(pack), safeAfter);
  for (const group of plan.write) {
    const packs: IndexedPack[] = [];
    for (const from of new Set(group.map((entry) => entry.from))) {
      const wanted = new Set(group.filter((entry) => entry.from === from).map(({ pack }) => pack));
      for (const pack of (await readIndex(context, from)) ?? []) if (wanted.delete(pack.pack)) packs.push(pack);
    }
    const index = random(16).toString('hex');
    await putNew(store, indexName(index), [writeIndexObject(secrets, index, packs, random(32))], signal);
  }
  for (const name of plan.remove) await store.delete(name);
  return plan.remove.length;
}

async function readIndex({ store, secrets }: IndexContext, name: string): Promise<IndexedPack[] | undefined> {
  try {
    const { data } = await store.get(name);
    return readIndexObject(secrets, name, data);
  } catch (error) {
    if (isCode(error, 'NOT_FOUND') || isCode(error, 'REPOSITORY_DAMAGED')) return undefined;
    throw error;
  }
}
