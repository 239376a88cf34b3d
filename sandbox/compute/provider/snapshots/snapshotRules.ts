import type { StoredMap } from '../../../core/state.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmResource } from '../../../arm/types.ts';
import { isProvisioned } from '../catalogue/diskSkus.ts';
import { invalidParameter, notAllowed, notOneOf } from '../errors.ts';
import { number, object, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { DISK, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { pendingCopies } from './backgroundCopies.ts';

const FIVE_MINUTES_MS = 5 * 60 * 1000;
const SKUS = ['Standard_LRS', 'Standard_ZRS', 'Premium_LRS'];

/** What a snapshot is wanted as. */
export interface SnapshotRequest {
  name: string;
  subscriptionId: string;
  location: string;
  asked: Json;
  incremental: boolean;
}

/** A snapshot's `sku` as Azure shows it. @throws ArmError 400 InvalidParameter */
export function snapshotSku(asked: unknown): { name: string; tier: string } {
  const name = text(asked, 'name') ?? 'Standard_LRS';
  if (!SKUS.includes(name)) throw notOneOf('sku.name', name, SKUS);
  return { name, tier: name.split('_')[0]! };
}

/** Where snapshots of a disk or snapshot are counted: its unique id outlives renamed disks of the same name. */
export function keyOf(source: ArmResource): string {
  return text(source.properties, 'uniqueId') ?? source.id;
}

/** Incremental snapshots of one disk (by its uniqueId) are one family; copies of snapshots begin others. */
export function familyOf(parts: ComputeParts, key: string): string {
  const family = parts.families.get(key) ?? parts.world.guid();
  parts.families.set(key, family);
  return family;
}

/** Whether a source's snapshots are copied in the background: those of Premium SSD v2 and Ultra disks. */
export function copiesInBackground(source: ArmResource): boolean {
  return source.type === DISK && isProvisioned(text(source['sku'], 'name'));
}

/** @throws ArmError 400 InvalidParameter */
export function checkCopy(source: ArmResource, request: SnapshotRequest): void {
  const { name, location, incremental, subscriptionId, asked } = request;
  if (source.location !== location) {
    throw invalidParameter('location', `Snapshot ${name} must be in ${source.location}, where its source is.`);
  }
  if (incremental && !sameId(source.id.split('/')[2], subscriptionId)) {
    throw invalidParameter(
      'creationData.sourceResourceId',
      'An incremental snapshot must be in the subscription of its disk.',
    );
  }
  if (!incremental && copiesInBackground(source)) {
    throw invalidParameter('incremental', 'Snapshots of Premium SSD v2 and Ultra disks are incremental.');
  }
  const minutes = number(object(asked, 'creationData'), 'instantAccessDurationMinutes');
  if (minutes === undefined) return;
  if (copiesInBackground(source) && minutes >= 60 && minutes <= 300) return;
  throw invalidParameter(
    'creationData.instantAccessDurationMinutes',
    'instantAccessDurationMinutes is 60 to 300, for snapshots of Premium SSD v2 and Ultra disks.',
  );
}

/**
 * Counts an incremental snapshot of a disk.
 * @throws ArmError 409 OperationNotAllowed, SnapshotLimitReached: too many, in a short time or in all
 */
export function countSnapshot(parts: ComputeParts, source: ArmResource): void {
  const { world, limits, families } = parts;
  const now = world.clock.now();
  const key = keyOf(source);
  const recent = (parts.snapshotTimes.get(key) ?? []).filter((time) => time > now - FIVE_MINUTES_MS);
  if (recent.length >= limits.snapshotsPerFiveMinutes) {
    throw notAllowed(
      `Disk ${source.name} has had ${recent.length} incremental snapshots in the last five minutes. ` +
        `The limit is ${limits.snapshotsPerFiveMinutes}: try again later.`,
    );
  }
  const family = families.get(key);
  const all = world.store
    .list({ type: SNAPSHOT })
    .filter((snapshot) => family && text(snapshot.properties, 'incrementalSnapshotFamilyId') === family);
  if (all.length >= limits.snapshotsPerDisk) {
    throw new ArmError(
      409,
      'SnapshotLimitReached',
      'The snapshot count was exceeded for a disk. Please delete a snapshot before creating another one.',
    );
  }
  if (copiesInBackground(source)) refusePending(parts, source);
  forgetTimes(parts.snapshotTimes, now - FIVE_MINUTES_MS);
  parts.snapshotTimes.set(key, [...recent, now]);
}

/** Drops the counts that no limit looks at any more: most sources are never heard of again. */
export function forgetTimes(times: StoredMap<number[]>, before: number): void {
  for (const [key, all] of [...times.entries()]) if (all.every((time) => time <= before)) times.delete(key);
}

function refusePending(parts: ComputeParts, source: ArmResource): void {
  const pending = pendingCopies(parts).filter((copy) => parts.world.store.get(copy.source)?.type === DISK);
  const { pendingCopiesPerDisk, pendingCopies: most } = parts.limits;
  if (pending.filter((copy) => sameId(copy.source, source.id)).length >= pendingCopiesPerDisk) {
    throw notAllowed(
      `Disk ${source.name} has ${pendingCopiesPerDisk} incremental snapshots in the pending state. Wait for one of them.`,
    );
  }
  const [, , subscription] = source.id.toLowerCase().split('/');
  if (pending.filter((copy) => copy.source.split('/')[2] === subscription).length < most) return;
  throw notAllowed(`The subscription has ${most} snapshots that are copied in the background. Wait for one of them.`);
}

/**
 * What Azure demands of a copy to another region: incremental, in the order of creation, one of a disk at a time.
 * @throws ArmError 400 InvalidParameter, 409 OperationNotAllowed
 */
export function checkCopyStart(parts: ComputeParts, source: ArmResource, request: SnapshotRequest): void {
  const { name, location, incremental } = request;
  const family = text(source.properties, 'incrementalSnapshotFamilyId');
  if (!incremental || !family) {
    throw invalidParameter(
      'incremental',
      "createOption 'CopyStart' copies incremental snapshots into incremental ones.",
    );
  }
  if (source.location === location) {
    throw invalidParameter('location', `Snapshot ${name} is in ${location} like its source: use createOption 'Copy'.`);
  }
  const { store } = parts.world;
  const copies = store
    .list({ type: SNAPSHOT })
    .filter((snapshot) => snapshot.location === location && sourceFamily(parts, snapshot) === family);
  if (pendingCopies(parts).some(({ id }) => copies.some((copy) => sameId(copy.id, id)))) {
    throw notAllowed(`Another snapshot of the same disk is being copied to ${location}: one is copied at a time.`);
  }
  const created = text(source.properties, 'timeCreated') ?? '';
  const later = copies.find((copy) => (text(sourceOf(parts, copy)?.properties, 'timeCreated') ?? '') > created);
  if (later) {
    throw notAllowed(`Snapshots are copied in the order of their creation: ${later.name} is of a later one.`);
  }
}

function sourceOf(parts: ComputeParts, snapshot: ArmResource): ArmResource | undefined {
  const creation = object(snapshot.properties, 'creationData');
  if (text(creation, 'createOption') !== 'CopyStart') return undefined;
  return parts.world.store.get(text(creation, 'sourceResourceId') ?? '');
}

function sourceFamily(parts: ComputeParts, snapshot: ArmResource): string | undefined {
  return text(sourceOf(parts, snapshot)?.properties, 'incrementalSnapshotFamilyId');
}
