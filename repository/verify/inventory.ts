import { pointIdSchema } from '../../model/point.ts';
import { CONFIG, keyNames } from '../format/layout.ts';
import type { PackKind, PREFIXES } from '../format/layout.ts';
import type { ObjectStore } from '../ports.ts';

export interface StoredPack {
  size: number;
  /** Last-modified, milliseconds. */
  modified: number;
}

/** Folders whose objects are not packs. */
export type Folder = Exclude<keyof typeof PREFIXES, PackKind>;

/** Everything in the store, by name. */
export interface Inventory {
  objects: number;
  packs: Record<PackKind, Map<string, StoredPack>>;
  names: Record<Folder, string[]>;
  /** Names that the format does not know. */
  unknown: string[];
  /** The newest last-modified, milliseconds: the store's time is not before it. */
  newest: number;
}

const ID = '[0-9a-f]{32}';
const OF_PACK = `(data|maps)-${ID}`;

const pointId = { test: (id: string) => pointIdSchema.safeParse(id).success };

/** What may follow the folder. */
const patterns: Record<Folder | PackKind, { test(rest: string): boolean }> = {
  data: new RegExp(`^${ID}$`),
  maps: new RegExp(`^${ID}$`),
  index: new RegExp(`^${ID}$`),
  points: pointId,
  writers: new RegExp(`^${ID}$`),
  marks: new RegExp(`^${OF_PACK}$`),
  moved: new RegExp(`^${OF_PACK}\\.${ID}$`),
  bad: new RegExp(`^${OF_PACK}$`),
  checks: new RegExp(`^${ID}$`),
  locks: /^[^/]+$/,
  keys: /^[^/]+$/,
  probe: /./,
};

/** @param repository its id: key documents of another are of no use here, and reported as unknown */
export async function takeInventory(
  store: ObjectStore,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<Inventory> {
  const inventory: Inventory = {
    objects: 0,
    packs: { data: new Map(), maps: new Map() },
    names: {
      index: [],
      points: [],
      writers: [],
      marks: [],
      moved: [],
      bad: [],
      checks: [],
      locks: [],
      keys: [],
      probe: [],
    },
    unknown: [],
    newest: 0,
  };
  const ownKeys: readonly string[] = keyNames(repository);
  for await (const { name, size, modified } of store.list('')) {
    signal?.throwIfAborted();
    inventory.objects++;
    const time = Date.parse(modified);
    inventory.newest = Math.max(inventory.newest, time);
    if (name === CONFIG) continue;
    const folder = name.slice(0, name.indexOf('/')) as Folder | PackKind;
    const rest = name.slice(folder.length + 1);
    const known = Object.hasOwn(patterns, folder) && patterns[folder].test(rest);
    if (!known || (folder === 'keys' && !ownKeys.includes(name))) inventory.unknown.push(name);
    else if (folder === 'data' || folder === 'maps') inventory.packs[folder].set(rest, { size, modified: time });
    else inventory.names[folder].push(name);
  }
  return inventory;
}
