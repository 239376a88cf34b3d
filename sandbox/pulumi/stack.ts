import type { ImportedState } from './changes.ts';
import type { Inputs } from './operation.ts';
import type { Registered } from './registration.ts';

type Stated =
  'urn' | 'type' | 'name' | 'custom' | 'parent' | 'provider' | 'inputs' | 'dependsOn' | 'propertyDependencies';

/** What a stack remembers of a resource, a provider or a component: what the program stated, and what came of it. */
export interface Kept extends Pick<Registered, Stated> {
  /** Of the resource's client. */
  subscriptionId: string;
  id: string;
  outputs: Inputs;
  protect: boolean;
  retainOnDelete: boolean;
  /** It was imported, and no program has stated its inputs yet. */
  imported?: ImportedState;
  /** It was replaced by one of the same URN, and is still to be deleted. */
  replaced?: true;
}

/** A step of a deployment as the stack's memory takes it. */
export type StackChange = { keep: Kept } | { forget: string };

/** What a stack keeps an entry under: one that was replaced stands beside the one that replaced it. */
export function keyOf({ urn, id, replaced }: Kept): string {
  return replaced ? `${urn} ${id}` : urn;
}

/** Whether an entry is a resource of Azure, which providers and components are not. */
export function isResource({ custom, type }: { custom: boolean; type: string }): boolean {
  return custom && !type.startsWith('pulumi:');
}

/** URNs that must outlive an entry. */
function reasons(kept: Kept): string[] {
  return [...kept.dependsOn, ...[kept.parent, kept.provider].filter((urn) => urn !== undefined)];
}

/** Entries in waves: each wave depends on none but later ones, so that they can be deleted in that order. */
export function deletionWaves(entries: Kept[]): Kept[][] {
  const waves: Kept[][] = [];
  for (let left = entries; left.length > 0;) {
    const needed = new Set(left.flatMap((entry) => reasons(entry).filter((urn) => urn !== entry.urn)));
    const free = left.filter(({ urn }) => !needed.has(urn));
    const wave = free.length > 0 ? free : left;
    waves.push(wave);
    left = left.filter((entry) => !wave.includes(entry));
  }
  return waves;
}

/**
 * Entries that are replaced because the given one is: an input that no update can change comes from it, or from one
 * that is replaced too.
 * @param keysOf inputs of a type that cannot be changed in place
 */
export function replacedWith(urn: string, entries: Kept[], keysOf: (type: string) => string[]): Kept[] {
  const replaced = new Set([urn]);
  const found: Kept[] = [];
  for (let grown = true; grown;) {
    grown = false;
    for (const entry of entries) {
      if (!isResource(entry) || replaced.has(entry.urn)) continue;
      const keys = keysOf(entry.type);
      const depends = keys.some((key) => entry.propertyDependencies[key]?.some((from) => replaced.has(from)));
      if (!depends) continue;
      replaced.add(entry.urn);
      found.push(entry);
      grown = true;
    }
  }
  return found;
}
