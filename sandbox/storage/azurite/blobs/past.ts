import { blobRules, blobsOf, copyOf } from './store.ts';
import type { BlobDoc, Past, Store, Target } from './store.ts';

const DAY_MS = 86_400_000;

/** Where former blobs of a container lie: no container can have that name. */
const pastOf = (container: string) => `${container}/past`;

/** Keeps a copy of what has just been replaced or removed. */
export function keep(store: Store, doc: BlobDoc, past: Past): void {
  const copy = copyOf(doc);
  copy.containerName = pastOf(doc.containerName);
  copy.snapshot = `${past.kind} ${past.id} ${past.deleted?.at ?? ''}`;
  copy.past = past;
  if (past.kind !== 'version') copy.versionId = undefined;
  blobsOf(store).insert(copy);
}

/** How soft delete keeps something that is deleted now; undefined: it is off. */
export function softDeletion(now: number): { at: number; until: number } | undefined {
  const { deleteRetentionDays } = blobRules();
  return deleteRetentionDays === undefined ? undefined : { at: now, until: now + deleteRetentionDays * DAY_MS };
}

/** Former blobs of a container, or of one name in it; those whose retention has ended are removed on the way. */
export function pastBlobs(
  store: Store,
  { accountName, containerName, name }: Omit<Target, 'name'> & { name?: string },
) {
  // LokiJS uses the index of the first field only.
  const query = { ...(name !== undefined && { name }), containerName: pastOf(containerName), accountName };
  const now = Date.now();
  return blobsOf(store)
    .find(query)
    .filter((doc): doc is BlobDoc & { past: Past } => {
      const until = doc.past!.deleted?.until;
      if (until === undefined || now < until) return true;
      blobsOf(store).remove(doc);
      return false;
    });
}

/** A previous version that was not deleted. */
export function previousVersion(store: Store, target: Target, versionId: string): BlobDoc | undefined {
  return pastBlobs(store, target).find(
    ({ past }) => past.kind === 'version' && past.id === versionId && past.deleted === undefined,
  );
}

/** Marks a previous version as deleted, or removes it where soft delete is off. */
export function deletePrevious(store: Store, doc: BlobDoc): boolean {
  const deleted = softDeletion(Date.now());
  blobsOf(store).remove(doc);
  if (deleted) blobsOf(store).insert({ ...copyOf(doc), past: { ...doc.past!, deleted } });
  return deleted !== undefined;
}

/** A soft-deleted blob becomes a soft-deleted snapshot when another blob takes its name. */
export function demoteDeletedBlob(store: Store, target: Target): void {
  for (const doc of pastBlobs(store, target)) {
    if (doc.past.kind !== 'blob') continue;
    doc.past = { ...doc.past, kind: 'snapshot', id: timeId(doc.past.deleted!.at) };
    blobsOf(store).update(doc);
  }
}

/** Brings back what was soft-deleted under a name. Versions stay previous versions. */
export function undelete(store: Store, target: Target): boolean {
  const all = pastBlobs(store, target);
  for (const doc of all) {
    const { kind, id, deleted } = doc.past;
    if (deleted === undefined) continue;
    blobsOf(store).remove(doc);
    if (kind === 'version') keep(store, { ...doc, containerName: target.containerName }, { kind, id });
    else {
      const { past: _past, ...back } = doc;
      const snapshot = kind === 'snapshot' ? id : '';
      blobsOf(store).insert(copyOf({ ...back, containerName: target.containerName, snapshot }));
    }
  }
  return all.length > 0;
}

/** A time as snapshots and versions are named by it: with 100-nanosecond digits. */
export function timeId(ms: number, ticks = 0): string {
  return new Date(ms).toISOString().replace('Z', `${String(ticks).padStart(4, '0')}Z`);
}

/** The id of a version made now: later than all others of its blob. */
export function nextVersionId(store: Store, target: Target, current: BlobDoc | undefined): string {
  const ids = pastBlobs(store, target).flatMap(({ past }) => (past.kind === 'version' ? [past.id] : []));
  const latest = [...ids, current?.versionId ?? ''].sort().at(-1)!;
  const id = timeId(Date.now());
  if (id > latest) return id;
  const ticks = Number(latest.slice(23, 27)) + 1;
  return timeId(Date.parse(`${latest.slice(0, 23)}Z`) + Math.floor(ticks / 10_000), ticks % 10_000);
}
