import type { NewPlace } from '../format/forward.ts';
import type { PackKind } from '../format/layout.ts';
import { Directory } from './directories.ts';
import type { Directories } from './directories.ts';
import type { Inventory } from './inventory.ts';
import type { Parts } from './parts.ts';
import { referenceKey } from './references.ts';
import type { Broken } from './references.ts';

/**
 * Looks for what is broken elsewhere in the repository: a block that two writers stored, or that was stored anew. A copy counts
 * when it was read.
 * @returns by {@link referenceKey}
 */
export async function findCopies(
  broken: ReadonlyMap<string, Broken>,
  { inventory, directories, parts }: { inventory: Inventory; directories: Directories; parts: Parts },
  signal: AbortSignal | undefined,
): Promise<Map<string, NewPlace>> {
  const copies = new Map<string, NewPlace>();
  for (const kind of ['data', 'maps'] as const) {
    const wanted = byIdentity(broken, kind);
    if (wanted.size === 0) continue;
    for (const pack of inventory.packs[kind].keys()) {
      signal?.throwIfAborted();
      const directory = await directories.get(kind, pack, signal);
      if (!(directory instanceof Directory)) continue;
      for (const { offset, length, identity } of directory.entries()) {
        const keys = wanted.get(identity);
        if (!keys || (await parts.read(kind, { pack, offset, length, identity }))) continue;
        wanted.delete(identity);
        for (const key of keys) copies.set(key, { pack, offset, length });
      }
    }
  }
  return copies;
}

function byIdentity(broken: ReadonlyMap<string, Broken>, kind: PackKind): Map<string, string[]> {
  const wanted = new Map<string, string[]>();
  for (const entry of broken.values()) {
    if (entry.kind !== kind) continue;
    const { identity } = entry.ref;
    wanted.set(identity, [...(wanted.get(identity) ?? []), referenceKey(kind, entry.ref)]);
  }
  return wanted;
}
