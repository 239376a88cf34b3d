import { pointIdSchema } from '../../model/point.ts';
import { PREFIXES } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { packKey, packKeyOf, readMarks } from '../format/marks.ts';
import type { PackKey, StoredMark } from '../format/marks.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { STRAY_MS } from './delays.ts';
import { supersededChecks } from './oldChecks.ts';
import { oldestWriter } from './writers.ts';

/** What there is. About 0.5 KB a pack in memory: 16 MB for 1 TiB of packs. */
export interface Survey {
  /** By the store's clock, in milliseconds. */
  now: number;
  /** When the oldest writer that is at work began. */
  oldestBegan: number;
  marks: Map<PackKey, StoredMark>;
  packs: Map<PackKey, ObjectInfo>;
  forwards: Map<PackKey, ObjectInfo[]>;
  bad: Map<PackKey, ObjectInfo>;
  /** Objects of no use to anybody, old enough to be surely left over. */
  strays: ObjectInfo[];
  /** Oldest first. */
  points: Map<string, ObjectInfo>;
}

/**
 * Looks at everything but points and maps. The order matters: a writer that is not seen here has committed already, so
 * its points are; a mark that is seen here was written before the points are looked at.
 */
export async function survey(
  store: ObjectStore,
  { repository, own, now, remove }: { repository: string; own?: string; now: number; remove: boolean },
): Promise<Survey> {
  const oldestBegan = await oldestWriter(store, { ...(own === undefined ? {} : { own }), now, remove });
  const marks = await readMarks(store);
  const packs = new Map<PackKey, ObjectInfo>();
  for (const kind of ['data', 'maps'] satisfies PackKind[]) {
    for await (const info of store.list(PREFIXES[kind])) {
      const pack = info.name.slice(PREFIXES[kind].length);
      if (/^[0-9a-f]{32}$/.test(pack)) packs.set(packKey(kind, pack), info);
    }
  }
  const forwards = new Map<PackKey, ObjectInfo[]>();
  for await (const info of store.list(PREFIXES.moved)) {
    const key = packKeyOf(info.name, PREFIXES.moved);
    if (key) forwards.set(key, [...(forwards.get(key) ?? []), info]);
  }
  const bad = new Map<PackKey, ObjectInfo>();
  for await (const info of store.list(PREFIXES.bad)) {
    const key = packKeyOf(info.name, PREFIXES.bad);
    if (key) bad.set(key, info);
  }
  const strays: ObjectInfo[] = [];
  for (const prefix of [PREFIXES.probe, PREFIXES.keys]) {
    for await (const info of store.list(prefix)) {
      const foreign = prefix === PREFIXES.probe || isOfAnother(info.name, repository);
      if (foreign && now - Date.parse(info.modified) >= STRAY_MS) strays.push(info);
    }
  }
  strays.push(...(await supersededChecks(store, packs, now)));
  const points = new Map<string, ObjectInfo>();
  for await (const info of store.list(PREFIXES.points)) {
    const id = info.name.slice(PREFIXES.points.length);
    if (pointIdSchema.safeParse(id).success) points.set(id, info);
  }
  return { now, oldestBegan, marks, packs, forwards, bad, strays, points };
}

/** Key documents of a creation that another one won. */
function isOfAnother(name: string, repository: string): boolean {
  const [, id] = /^keys\/([0-9a-f-]{36})\.[01]$/.exec(name) ?? [];
  return id !== undefined && id !== repository;
}

/** @param now by the store's clock, in milliseconds */
export const isLocked = ({ lockedUntil }: ObjectInfo, now: number): boolean =>
  lockedUntil !== undefined && Date.parse(lockedUntil) > now;
