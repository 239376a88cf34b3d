/** An index object, as far as merging needs it. */
export interface IndexContent {
  name: string;
  /** When it was written, in milliseconds by the store's clock. */
  modified: number;
  /** Ids of the packs that it lists. */
  packs: readonly string[];
}

export interface IndexPlan {
  /** Packs to list together in a new object, and the objects that list them now. */
  write: { pack: string; from: string }[][];
  /** Objects that say nothing that others do not say. */
  remove: string[];
}

/** An object with fewer packs is worth merging. */
const FEW_PACKS = 16;
const MOST_PACKS = 32;

/**
 * Merges small index objects and leaves out what is gone. Pure.
 * @param exists whether a data pack is in the store
 * @param safeAfter an object goes only when what replaces it was written before this time: a writer may have listed the
 * index and read only a part of it
 */
export function planIndex(
  objects: readonly IndexContent[],
  exists: (pack: string) => boolean,
  safeAfter: number,
): IndexPlan {
  const owners = new Map<string, IndexContent>();
  const owned = new Map<IndexContent, string[]>();
  // The fullest first, so that what was merged already wins over what it was merged from.
  for (const object of [...objects].sort((a, b) => b.packs.length - a.packs.length || (a.name < b.name ? -1 : 1))) {
    const own = object.packs.filter((pack) => exists(pack) && !owners.has(pack));
    for (const pack of own) owners.set(pack, object);
    owned.set(object, own);
  }

  const plan: IndexPlan = { write: [], remove: [] };
  const isClean = ({ packs }: IndexContent, own: readonly string[]) => own.length === packs.length;
  const some = [...owned].filter(
    ([object, own]) => own.length > 0 && !(isClean(object, own) && own.length >= FEW_PACKS),
  );
  const [only] = some;
  if (some.length > 1 || (only && !isClean(...only))) {
    const packs = some.flatMap(([{ name }, own]) => own.map((pack) => ({ pack, from: name })));
    for (let at = 0; at < packs.length; at += MOST_PACKS) plan.write.push(packs.slice(at, at + MOST_PACKS));
    if (safeAfter === Infinity) plan.remove.push(...some.map(([{ name }]) => name));
  }
  for (const [object, own] of owned) {
    if (own.length > 0) continue;
    const others = object.packs.flatMap((pack) => owners.get(pack) ?? []);
    if (others.every(({ modified }) => modified < safeAfter)) plan.remove.push(object.name);
  }
  return plan;
}
