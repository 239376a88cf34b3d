import { newestPoints, type PointOfMachine } from './base.ts';
import { isSnapshotName } from './names.ts';
import { idKey, parseResourceId, sameId } from './resourceId.ts';
import { openTags, sealOf, type SnapshotMetadata, type SnapshotPlace, type TagProblem } from './sealedTags.ts';

/** A disk snapshot as it stands in Azure, as far as its origin can be told from it. */
export interface FoundSnapshot extends SnapshotPlace {
  /** Of the source disk when the snapshot was taken; '' when Azure does not say. */
  sourceUniqueId: string;
  tags: Record<string, string>;
}

/** The disk snapshots of one session, verified: what the machine was at one time. */
interface CloudNativeSnapshot {
  session: string;
  /** ISO 8601 UTC. */
  time: string;
  disks: { disk: string; uniqueId: string; snapshotId: string }[];
  /** Keys of disks that were taken with it and have no snapshot any more. */
  gone: string[];
}

export interface SnapshotProblem {
  snapshotId: string;
  problem: TagProblem | 'copied' | 'replaced';
  /** `copied`: from which snapshot. */
  from?: string;
}

/** A machine, as far as its snapshots are told from others. */
interface SnapshotOwner {
  id: string;
  diskIds: readonly string[];
  /** Ids of the snapshots that its restore points name. */
  named: readonly string[];
}

/**
 * Reads the snapshots around a machine back: the cloud-native snapshots of it, newest first, and what about others is
 * suspicious: of those that its points name, and of those of its disks that carry tags or a name of ours.
 */
export function cloudNativeSnapshots(
  found: readonly FoundSnapshot[],
  keys: ReadonlyMap<string, Uint8Array>,
  machine: SnapshotOwner,
): { sets: CloudNativeSnapshot[]; problems: SnapshotProblem[] } {
  const diskIds = new Set(machine.diskIds.map(idKey));
  const named = new Set(machine.named.map(idKey));
  const problems: SnapshotProblem[] = [];
  const verified: { snapshotId: string; metadata: SnapshotMetadata }[] = [];
  for (const snapshot of found) {
    const { snapshotId, sourceDiskId } = snapshot;
    const read = verify(snapshot, keys);
    if (read.ok) {
      if (sameId(read.metadata.machine, machine.id)) verified.push({ snapshotId, metadata: read.metadata });
      continue;
    }
    const looksOurs = read.problem !== 'missing' || isSnapshotName(parseResourceId(snapshotId).name);
    if (!named.has(idKey(snapshotId)) && !(looksOurs && diskIds.has(idKey(sourceDiskId)))) continue;
    const from = read.problem === 'altered' ? originalOf(snapshot, found) : undefined;
    problems.push(from ? { snapshotId, problem: 'copied', from } : { snapshotId, problem: read.problem });
  }
  const sessions = Map.groupBy(verified, ({ metadata }) => metadata.session);
  return { sets: [...sessions.values()].map(grouped).sort((a, b) => b.time.localeCompare(a.time)), problems };
}

/** In words, what somebody else removed of the snapshots that the newest points compare with. */
export function incompleteSets(sets: readonly CloudNativeSnapshot[], points: readonly PointOfMachine[]): string[] {
  const needed = new Set(newestPoints(points).map(({ session }) => session));
  return sets
    .filter(({ session, gone }) => needed.has(session) && gone.length > 0)
    .map(({ session, gone }) => `Snapshots of session ${session} are gone: of disk ${gone.join(', ')}.`);
}

/** Whether a snapshot is what its tags say. */
export function verify(
  snapshot: FoundSnapshot,
  keys: ReadonlyMap<string, Uint8Array>,
): { ok: true; metadata: SnapshotMetadata } | { ok: false; problem: SnapshotProblem['problem'] } {
  const opened = openTags(keys, snapshot, snapshot.tags);
  // A snapshot that was deleted and taken again, by whomever, of a disk that was deleted and made again.
  if (opened.ok && snapshot.sourceUniqueId && opened.metadata.uniqueId !== snapshot.sourceUniqueId)
    return { ok: false, problem: 'replaced' };
  return opened;
}

/** The problem in words, for people. */
export function problemText({ snapshotId, problem, from }: SnapshotProblem): string {
  const what = {
    missing: 'has lost its tags',
    altered: 'has altered tags',
    copied: `carries the tags of ${from === undefined ? 'another snapshot' : parseResourceId(from).name}`,
    replaced: 'was taken of another disk than its tags say',
    foreign: 'has tags of another appliance, or of one whose keys were lost',
  }[problem];
  return `Snapshot ${snapshotId} ${what}: it is neither used as a base nor deleted. Delete it yourself if it is not needed.`;
}

function grouped(of: { snapshotId: string; metadata: SnapshotMetadata }[]): CloudNativeSnapshot {
  const { session, time, disks } = of[0]!.metadata;
  const present = of.map(({ snapshotId, metadata: { disk, uniqueId } }) => ({ disk, uniqueId, snapshotId }));
  const gone = Object.keys(disks).filter((key) => !present.some(({ disk }) => disk === key));
  return { session, time, disks: present, gone };
}

/** The snapshot whose seal this one carries too. */
function originalOf({ snapshotId, tags }: FoundSnapshot, found: readonly FoundSnapshot[]): string | undefined {
  const seal = sealOf(tags);
  return seal === ''
    ? undefined
    : found.find((other) => !sameId(other.snapshotId, snapshotId) && sealOf(other.tags) === seal)?.snapshotId;
}
