import type { ImageRef } from './point.ts';
import { idKey, sameId } from './resourceId.ts';

/** The disk to be read: its identity and what its new snapshot says. */
export interface DiskNow {
  key: string;
  resourceId: string;
  uniqueId: string;
  size: number;
  familyId: string;
}

/** What a committed point of the same machine and repository knows of one disk. */
export interface DiskThen {
  point: string;
  key: string;
  resourceId: string;
  uniqueId: string;
  size: number;
  snapshot: { id: string; familyId: string; time: string };
  image: ImageRef;
}

/** A snapshot as it stands in Azure now. */
export interface SnapshotNow {
  id: string;
  familyId: string;
  time: string;
  size: number;
  /** Its tags are those that the session of its point sealed for it. */
  tagsIntact: boolean;
}

/** What a disk is compared with, or why it is read in full. */
export interface BaseChoice {
  base: { snapshotId: string; point: string; image: ImageRef } | null;
  fullReason: string;
}

/** The newest point of each disk (`uniqueId`): snapshots of older ones are pruned. `history` newest first. */
export function newestOfEach(history: readonly DiskThen[]): DiskThen[] {
  return history.filter((then, i) => history.findIndex(({ uniqueId }) => uniqueId === then.uniqueId) === i);
}

/**
 * Chooses the base of a comparison: the newest committed point of the same disk (`uniqueId`), if its snapshot still
 * stands unaltered, in the same family and of the same size. Otherwise a full read, with the reason that the session
 * shows. `newest` as {@link newestOfEach} gives it; `snapshots` by {@link idKey}.
 */
export function chooseBase(
  disk: DiskNow,
  newest: readonly DiskThen[],
  snapshots: ReadonlyMap<string, SnapshotNow>,
): BaseChoice {
  const then = newest.find(({ uniqueId }) => uniqueId === disk.uniqueId);
  if (!then) {
    const replaced = newest.some(({ key, resourceId }) => key === disk.key || sameId(resourceId, disk.resourceId));
    return { base: null, fullReason: replaced ? 'disk replaced' : 'first backup' };
  }
  const obstacle = obstacleTo(disk, then, snapshots.get(idKey(then.snapshot.id)));
  if (obstacle) return { base: null, fullReason: obstacle };
  return { base: { snapshotId: then.snapshot.id, point: then.point, image: then.image }, fullReason: '' };
}

function obstacleTo(disk: DiskNow, then: DiskThen, snapshot: SnapshotNow | undefined): string {
  if (then.size !== disk.size) return 'disk resized';
  if (!snapshot) return 'base snapshot missing';
  if (!snapshot.tagsIntact || snapshot.time !== then.snapshot.time) return 'base snapshot altered';
  if (snapshot.familyId !== disk.familyId || then.snapshot.familyId !== disk.familyId)
    return 'base snapshot of another family';
  if (snapshot.size !== disk.size) return 'base snapshot of another size';
  return '';
}

/** A snapshot of a machine with the session that its tags name, and the points of that machine. */
export interface KeptSnapshot {
  id: string;
  session: string;
}
export interface PointOfMachine {
  id: string;
  session: string;
  repository: string;
  snapshots: string[];
}

/**
 * Which snapshots nothing needs any more: those of a committed point that no repository's newest point names. A
 * snapshot whose tags name another session than its point does, or that no point names, is not touched.
 */
export function snapshotsToDelete(
  existing: readonly KeptSnapshot[],
  points: readonly PointOfMachine[],
): KeptSnapshot[] {
  const needed = new Set(newestPoints(points).flatMap((point) => point.snapshots.map(idKey)));
  const named = new Set(points.flatMap(({ session, snapshots }) => snapshots.map((id) => `${session}\n${idKey(id)}`)));
  return existing.filter(({ id, session }) => named.has(`${session}\n${idKey(id)}`) && !needed.has(idKey(id)));
}

/** Of each repository the newest point. */
export function newestPoints(points: readonly PointOfMachine[]): PointOfMachine[] {
  const newest = new Map<string, PointOfMachine>();
  for (const point of points) {
    const known = newest.get(point.repository);
    if (!known || point.id > known.id) newest.set(point.repository, point);
  }
  return [...newest.values()];
}
