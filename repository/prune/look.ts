import type { Config } from '../format/config.ts';
import { isCode } from '../format/damage.ts';
import type { PackKey } from '../format/marks.ts';
import { readPoint } from '../format/points.ts';
import type { Secrets } from '../format/secrets.ts';
import { orderedMap } from '../flow.ts';
import type { ObjectStore } from '../ports.ts';
import { parseImage } from '../read/image.ts';
import type { MapReader } from '../read/mapReader.ts';
import { MovedParts } from './movedParts.ts';
import { nothingReached, walkMaps } from './walk.ts';
import type { Reach, RootPage } from './walk.ts';
import { isLocked } from './survey.ts';
import type { Survey } from './survey.ts';

const POINTS_AHEAD = 8;

export interface LookContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  maps: MapReader;
}

/** What points need, now that some of them are going to be deleted. */
export interface Need {
  moved: MovedParts;
  /** By the points that stay. */
  needed: Reach;
  /** Besides, by those that go; 'unknown' when they cannot be read. Empty when no mark asks for it. */
  doomed: Reach | 'unknown';
  /** Points that are there and go. */
  going: string[];
  /** Points that were to go and cannot yet: they are immutable. */
  locked: string[];
}

/**
 * Reads the points and walks their maps.
 * @throws REPOSITORY_DAMAGED when a point or map that stays cannot be read
 */
export async function look(
  context: LookContext,
  { now, points, packs, forwards, marks, bad }: Survey,
  deletePoints: readonly string[],
  { onPage, signal }: { onPage?(): void; signal?: AbortSignal },
): Promise<Need> {
  const known = { exists: (key: PackKey) => packs.has(key), isBad: (key: PackKey) => bad.has(key) };
  const moved = new MovedParts(context, forwards, known);
  const needed = nothingReached();
  const options = { ...(onPage ? { onPage } : {}), ...(signal ? { signal } : {}) };
  const toDelete = new Set(deletePoints);
  const named = [...points].filter(([id]) => toDelete.has(id));
  const locked = named.filter(([, info]) => isLocked(info, now)).map(([id]) => id);
  const going = named.filter(([, info]) => !isLocked(info, now)).map(([id]) => id);
  const goes = new Set(going);
  const staying = [...points.keys()].filter((id) => !goes.has(id));
  await walkMaps({ ...context, moved }, await rootsOf(context, staying), needed, options);

  // Only a mark that was written while a point needed the pack makes it matter what that point needed.
  let doomed: Reach | 'unknown' = nothingReached();
  if (marks.size > 0 && going.length > 0) {
    try {
      await walkMaps({ ...context, moved }, await rootsOf(context, going), doomed, { ...options, known: needed });
    } catch (error) {
      if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
      doomed = 'unknown';
    }
  }
  return { moved, needed, doomed, going, locked };
}

/** The root pages of the points' images. A point that is deleted meanwhile is left out. */
async function rootsOf({ store, config, secrets }: LookContext, ids: readonly string[]): Promise<RootPage[]> {
  const roots: RootPage[] = [];
  const read = (id: string) =>
    readPoint(store, secrets, id).catch((error: unknown) => {
      if (isCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
  for await (const point of orderedMap(ids, POINTS_AHEAD, read)) {
    for (const { image } of point?.disks ?? []) {
      const { root, geometry } = parseImage(image, config);
      if (root) roots.push({ root, level: geometry.depth - 1 });
    }
  }
  return roots;
}
