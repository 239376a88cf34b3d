import { exchange } from '../rules.ts';
import { refuseProtected } from './immutability.ts';
import { deletePrevious, keep, previousVersion, softDeletion, undelete } from './past.ts';
import { blobAt, blobNotFound, blobRules, blobsOf, copyOf, inTurn, storageError } from './store.ts';
import type { BlobDoc, Context, Method, Store, Target } from './store.ts';
import { ofNames, versionIdOf } from './writes.ts';

interface DeleteOptions {
  snapshot?: string;
  deleteSnapshots?: 'include' | 'only';
}
type DeleteBlob = (
  this: Store,
  context: Context,
  account: string,
  container: string,
  blob: string,
  options: DeleteOptions,
) => Promise<void>;

/** Makes Delete Blob keep versions and soft-deleted blobs, delete versions, and obey immutability. */
export function patchDeletes(store: Store): void {
  const original = store.deleteBlob as unknown as DeleteBlob;
  const deleteBlob: DeleteBlob = function (...args) {
    const [context, , , , options] = args;
    const target = ofNames(args);
    return inTurn(target, async () => {
      const version = exchange().query.get('versionid');
      if (version !== null) return deleteVersion(this, context, target, version);
      const doomed = doomedBy(this, target, options).map((doc) => {
        // With versioning the blob itself stays, as a previous version.
        const stays = doc.snapshot === '' && blobRules().versioning && blobRules().container?.versionLevel === true;
        if (!stays) refuseProtected(context, doc, 'delete');
        return copyOf(doc);
      });
      await original.apply(this, args);
      for (const doc of doomed) if (doc.isCommitted) keepDeleted(this, doc);
    });
  };
  store.deleteBlob = deleteBlob as unknown as Method;
}

/** What a request that Azurite accepts will remove. */
function doomedBy(store: Store, target: Target, { snapshot = '', deleteSnapshots }: DeleteOptions): BlobDoc[] {
  const { accountName, containerName, name } = target;
  const all = blobsOf(store).find({ name, accountName, containerName });
  if (deleteSnapshots === 'include') return all;
  if (deleteSnapshots === 'only') return all.filter((doc) => doc.snapshot !== '');
  return all.filter((doc) => doc.snapshot === snapshot);
}

function keepDeleted(store: Store, doc: BlobDoc): void {
  const deleted = softDeletion(Date.now());
  const isVersion = doc.snapshot === '' && (blobRules().versioning || doc.versionId !== undefined);
  if (isVersion) keep(store, doc, { kind: 'version', id: versionIdOf(doc) });
  else if (deleted) keep(store, doc, { kind: doc.snapshot === '' ? 'blob' : 'snapshot', id: doc.snapshot, deleted });
  if (isVersion || deleted) exchange().kept = true;
}

function deleteVersion(store: Store, context: Context, target: Target, version: string): void {
  if (blobAt(store, target)?.versionId === version) {
    const message = 'The specified operation is not allowed on root blob.';
    throw storageError(context, 403, 'OperationNotAllowedOnRootBlob', message);
  }
  const doc = previousVersion(store, target, version);
  if (!doc) throw blobNotFound(context);
  refuseProtected(context, doc, 'delete');
  if (deletePrevious(store, doc)) exchange().kept = true;
}

/** Undelete Blob. @throws 404 where nothing of that name is or was */
export function undeleteBlob(store: Store, context: Context, target: Target): Promise<void> {
  return inTurn(target, () => {
    if (!undelete(store, target) && !blobAt(store, target)) throw blobNotFound(context);
    return Promise.resolve();
  });
}
