import { createHash } from 'node:crypto';
import type { SessionKind } from './session.ts';
import { siteLayout, type Named, type SiteKey } from './site/layout.ts';

/** Longest name of a snapshot or a managed disk (Microsoft.Compute). */
const MAX_NAME = 80;

/** A session's id, which is its orchestration's instance id. Sorts by time within its kind; fits queue names. */
export function sessionId(kind: SessionKind, time: string, random: Uint8Array): string {
  return `${kind}-${stamp(time).toLowerCase()}-${Buffer.from(random.subarray(0, 4)).toString('hex')}`;
}

/** The four random bytes that a session's id ends with; its restore point carries them too. */
export function sessionRandom(session: string): Buffer {
  return Buffer.from(session.slice(-8), 'hex');
}

/** The nth start of a worker for a session. Only the newest attempt's messages count. */
export function attemptId(session: string, n: number): string {
  return `${session}-${n}`;
}

/** The instance id of a session's sub-orchestration for one disk. */
export function diskInstanceId(session: string, disk: string): string {
  return `${session}-disk-${disk}`;
}

/** The instance id of the sub-orchestration in which a check asks its worker. */
export function probeInstanceId(session: string, what: 'disk' | 'rest'): string {
  return `${session}-probe-${what}`;
}

/** A job's id within its attempt. */
export function jobId(instanceId: string, job: string): string {
  return `${instanceId}-${job}`;
}

/** The queue that a worker reads; in the tagged account of the appliance's own site. */
export function inboxName(attempt: string): string {
  return `worker-${attempt}`;
}

/** What all names of snapshots begin with. */
const SNAPSHOT_PREFIX = 'strongroom-';

/** The snapshot of a disk in a session: the same words always give the same name, so a repeated activity finds it. */
export function snapshotName(session: string, machine: string, disk: string): string {
  const tail = `-${disk}-${session.replace(/^[a-z]+-/, '')}`;
  return `${SNAPSHOT_PREFIX}${safe(machine).slice(0, MAX_NAME - SNAPSHOT_PREFIX.length - tail.length)}${tail}`;
}

/** Whether a snapshot is called as ours are. */
export function isSnapshotName(name: string): boolean {
  return name.toLowerCase().startsWith(SNAPSHOT_PREFIX);
}

/**
 * The names of the managed disks that a restore makes of source disks, each its own. Without a prefix they carry the
 * session. Source disks may have one name (in several groups) or names too long for a prefix: then all end with their keys.
 */
export function restoredDiskNames(
  session: string,
  disks: readonly { key: string; name: string }[],
  prefix = `restored-${session.slice(-8)}-`,
): string[] {
  const names = disks.map(({ name }) => `${prefix}${safe(name)}`);
  const distinct = new Set(names.map((name) => name.toLowerCase())).size === names.length;
  if (distinct && names.every((name) => name.length <= MAX_NAME)) return names;
  return names.map((name, i) => {
    const tail = `-${disks[i]!.key}`;
    return `${name.slice(0, MAX_NAME - tail.length)}${tail}`;
  });
}

/** The ids of those disks. */
export function restoredDiskIds(
  session: string,
  disks: readonly { key: string; name: string }[],
  { subscriptionId, resourceGroup, namePrefix }: { subscriptionId: string; resourceGroup: string; namePrefix?: string },
): string[] {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  return restoredDiskNames(session, disks, namePrefix).map(
    (name) => `${group}/providers/Microsoft.Compute/disks/${name}`,
  );
}

/** The worker machine of a slot (`worker-1`, `worker-2`, …) of a site. */
export function workerMachine(site: SiteKey, slot: string): Named {
  const { resourceGroup } = siteLayout(site);
  const name = `${site.appliance}-${slot}`;
  return { name, id: `${resourceGroup.id}/providers/Microsoft.Compute/virtualMachines/${name}` };
}

/** The disk that a check makes in the site's group, and its snapshots: the older one first. */
export function probeIds(session: string, site: SiteKey): { disk: string; base: string; newer: string } {
  const compute = `${siteLayout(site).resourceGroup.id}/providers/Microsoft.Compute`;
  const name = `${site.appliance}-${session}`;
  return {
    disk: `${compute}/disks/${name}`,
    base: `${compute}/snapshots/${name}-1`,
    newer: `${compute}/snapshots/${name}-2`,
  };
}

/** A resource id as a short key for entity keys, which an id is too long or has the wrong characters for. */
export function resourceDigest(id: string): string {
  return createHash('sha256').update(id.toLowerCase().replace(/\/$/, '')).digest('hex').slice(0, 32);
}

/** `2026-11-21T21:36:15.123Z` as `20261121T213615Z`. */
function stamp(time: string): string {
  return time.replace(/\.\d+/, '').replace(/[-:]/g, '');
}

/** Snapshot and disk names take letters, digits, `_` and `-`. */
function safe(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-');
}
