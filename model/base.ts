import type { ImageRef, ReadMode, Tracking } from './point.ts';
import { idKey, parseResourceId, sameId } from './resourceId.ts';

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
  read: ReadMode;
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

/** What a disk is compared with, and why it is read in full. */
export interface BaseChoice {
  base: {
    /** Null: Azure does not compare; what is read is compared with the image. */
    snapshotId: string | null;
    point: string;
    image: ImageRef;
    /** When the disk was last read in full, ISO 8601 UTC; null: unknown. */
    fullRead: string | null;
  } | null;
  /** '' when only what changed is read. */
  fullReason: string;
}

/** How far Azure's comparisons are believed. */
export interface Trust {
  tracking: Tracking;
  /** ISO 8601 UTC. */
  now: string;
  /** After so many days everything is read, whatever a comparison says. */
  fullReadDays: number;
}

const DAY_MS = 86_400_000;

/** The newest point of each disk (`uniqueId`): snapshots of older ones are pruned. `history` newest first. */
export function newestOfEach(history: readonly DiskThen[]): DiskThen[] {
  return history.filter((then, i) => history.findIndex(({ uniqueId }) => uniqueId === then.uniqueId) === i);
}

/**
 * Chooses what a disk is compared with: the newest committed point of the same disk (`uniqueId`) and size. Only what
 * changed is read if the point's snapshot still stands unaltered, in the same family, and the last full read is not too
 * long ago; otherwise everything is, with the reason that the session shows. `newest` as {@link newestOfEach} gives it;
 * `snapshots` by {@link idKey}.
 */
export function chooseBase(
  disk: DiskNow,
  newest: readonly DiskThen[],
  snapshots: ReadonlyMap<string, SnapshotNow>,
  trust: Trust,
): BaseChoice {
  const then = newest.find(({ uniqueId }) => uniqueId === disk.uniqueId);
  if (!then) {
    const replaced = newest.some(({ key, resourceId }) => key === disk.key || sameId(resourceId, disk.resourceId));
    return { base: null, fullReason: replaced ? 'disk replaced' : 'first backup' };
  }
  if (then.size !== disk.size) return { base: null, fullReason: 'disk resized' };
  const fullRead = lastFullRead(then);
  const compared = (snapshotId: string | null, fullReason: string): BaseChoice => {
    return { base: { snapshotId, point: then.point, image: then.image, fullRead }, fullReason };
  };
  if (trust.tracking === 'checksum') return compared(null, 'change tracking is not used');
  const obstacle = obstacleTo(disk, then, snapshots.get(idKey(then.snapshot.id)));
  if (obstacle) return compared(null, obstacle);
  return compared(then.snapshot.id, isOld(fullRead, trust) ? `every ${trust.fullReadDays} days all is read` : '');
}

function lastFullRead({ read, snapshot }: DiskThen): string | null {
  return read.mode === 'full' ? snapshot.time : (read.fullRead ?? null);
}

function isOld(fullRead: string | null, { now, fullReadDays }: Trust): boolean {
  return fullRead === null || Date.parse(now) - Date.parse(fullRead) >= fullReadDays * DAY_MS;
}

function obstacleTo(disk: DiskNow, then: DiskThen, snapshot: SnapshotNow | undefined): string {
  if (!snapshot) return 'base snapshot missing';
  if (!snapshot.tagsIntact || snapshot.time !== then.snapshot.time) return 'base snapshot altered';
  if (snapshot.familyId !== disk.familyId || then.snapshot.familyId !== disk.familyId)
    return 'base snapshot of another family';
  if (snapshot.size !== disk.size) return 'base snapshot of another size';
  return '';
}

/** What a session is told of a disk whose changes Azure did not name all; nothing when it did. */
export function mismatchText(disk: { key: string; snapshot: string }, read: ReadMode): string[] {
  if (read.mode !== 'full' || read.mismatch === undefined) return [];
  const compared = `${parseResourceId(disk.snapshot).name} with the base, point ${read.basePoint}`;
  return [
    `CBT_MISMATCH: disk ${disk.key} had changed at offset ${read.mismatch}, but Azure's comparison of snapshot ${compared}, ` +
      'did not name it. This point is whole: everything was read. Points between the last full read and this one may ' +
      'lack changes of this disk; tell Microsoft support about the two snapshots.',
  ];
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
  /** Absent: `cbt`. */
  tracking?: Tracking;
}

/**
 * Which snapshots nothing needs any more: those of a committed point that no repository's newest point needs for its
 * next comparison. A snapshot whose tags name another session than its point does, or that no point names, is not touched.
 */
export function snapshotsToDelete(
  existing: readonly KeptSnapshot[],
  points: readonly PointOfMachine[],
): KeptSnapshot[] {
  const compared = newestPoints(points).filter(({ tracking }) => tracking !== 'checksum');
  const needed = new Set(compared.flatMap((point) => point.snapshots.map(idKey)));
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
