import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { StrongroomError } from '../../model/errors.ts';
import { pointIdSchema, pointSchema } from '../../model/point.ts';
import type { Point } from '../../model/point.ts';
import { damaged, isCode, tooNew } from './damage.ts';
import { orderedMap } from '../flow.ts';
import { PREFIXES, pointName } from './layout.ts';
import { putNew } from '../stores/objects.ts';
import type { ObjectStore } from '../ports.ts';
import { readSealedObject, writeSealedObject } from './sealedObject.ts';
import type { Secrets } from './secrets.ts';

const POINTS_AHEAD = 8;
const POINT_VERSION = 1;
const anyVersionSchema = z.object({ version: z.number().int() });

/** The ids of all points, oldest first; reads no point. */
export async function listPointIds(store: ObjectStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { name } of store.list(PREFIXES.points)) ids.push(name.slice(PREFIXES.points.length));
  return ids.filter((id) => pointIdSchema.safeParse(id).success);
}

/** All points, oldest first. One that is deleted meanwhile is left out. @throws REPOSITORY_DAMAGED */
export async function readPoints(store: ObjectStore, secrets: Secrets): Promise<Point[]> {
  const points: Point[] = [];
  const read = (id: string) =>
    readPoint(store, secrets, id).catch((error: unknown) => {
      if (isCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
  for await (const point of orderedMap(await listPointIds(store), POINTS_AHEAD, read)) if (point) points.push(point);
  return points;
}

/** @throws NOT_FOUND, REPOSITORY_DAMAGED, REPOSITORY_UNKNOWN (of a newer version) */
export async function readPoint(store: ObjectStore, secrets: Secrets, id: string): Promise<Point> {
  if (!pointIdSchema.safeParse(id).success)
    throw new StrongroomError('NOT_FOUND', `There is no point ${JSON.stringify(id)}.`);
  const name = pointName(id);
  const { data } = await store.get(name);
  const content: unknown = JSON.parse(readSealedObject(secrets, 'point', name, data).toString('utf8'));
  const head = anyVersionSchema.safeParse(content);
  if (head.success && head.data.version > POINT_VERSION) throw tooNew(name, head.data.version, POINT_VERSION);
  const point = pointSchema.safeParse(content);
  if (!point.success || point.data.id !== id) throw damaged(name, 'is no restore point of version 1', point.error);
  return point.data;
}

/**
 * Stores a point, once: a second commit of the same point succeeds, so that a retry is safe.
 * @param keys the key document as stored, readable without a key
 * @returns bytes added
 * @throws ALREADY_EXISTS when another point has that id
 */
export async function writePoint(
  store: ObjectStore,
  secrets: Secrets,
  point: Point,
  keys: Uint8Array,
  salt: Uint8Array,
): Promise<number> {
  const name = pointName(point.id);
  const bytes = writeSealedObject(secrets, 'point', name, keys, Buffer.from(JSON.stringify(point), 'utf8'), salt);
  try {
    await putNew(store, name, [bytes]);
    return bytes.length;
  } catch (error) {
    if (!isCode(error, 'ALREADY_EXISTS')) throw error;
    if (isDeepStrictEqual(await readPoint(store, secrets, point.id), point)) return 0;
    throw new StrongroomError('ALREADY_EXISTS', `Another restore point ${point.id} is in ${store.location}.`, {
      cause: error,
    });
  }
}
