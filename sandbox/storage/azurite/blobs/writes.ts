import { exchange } from '../rules.ts';
import { immutabilityOfNew, refuseProtected } from './immutability.ts';
import { demoteDeletedBlob, keep, nextVersionId, softDeletion, timeId } from './past.ts';
import type { Change } from './protection.ts';
import { blobAt, blobRules, blobsOf, copyOf, inTurn, storageError } from './store.ts';
import type { BlobDoc, Context, Method, Store, Target } from './store.ts';
import { checkTier, inferTier, refuseArchived, rehydrate, settleTier } from './tiers.ts';

type Arguments = unknown[];
type TargetOf = (args: Arguments) => Target;

const ofBlob: TargetOf = ([, blob]) => blob as Target;
const ofDestination: TargetOf = ([, , destination]) => {
  const { account, container, blob } = destination as { account: string; container: string; blob: string };
  return { accountName: account, containerName: container, name: blob };
};
export const ofNames: TargetOf = ([, accountName, containerName, name]) =>
  ({ accountName, containerName, name }) as Target;

/** Azurite's operations that replace a blob's state, so that versioning or soft delete keeps the old one. */
const replacing: Record<string, { target: TargetOf; change: Change }> = {
  createBlob: { target: ofBlob, change: 'overwrite' },
  commitBlockList: { target: ofBlob, change: 'overwrite' },
  startCopyFromURL: { target: ofDestination, change: 'overwrite' },
  copyFromURL: { target: ofDestination, change: 'overwrite' },
  setBlobMetadata: { target: ofNames, change: 'metadata' },
};

/** Those that change a blob without making a version. */
const changing: Record<string, { target: TargetOf; change: Change }> = {
  setBlobHTTPHeaders: { target: ofNames, change: 'properties' },
  uploadPages: { target: ofBlob, change: 'pages' },
  clearRange: { target: ofBlob, change: 'pages' },
  resizePageBlob: { target: ofNames, change: 'pages' },
  createSnapshot: { target: ofNames, change: 'snapshot' },
  appendBlock: {
    target: ([, block]) => {
      const { accountName, containerName, blobName } = block as Target & { blobName: string };
      return { accountName, containerName, name: blobName };
    },
    change: 'append',
  },
};

/** Makes writes keep versions and soft-deleted snapshots, and obey immutability and tiers. */
export function patchWrites(store: Store): void {
  for (const [name, { target, change }] of Object.entries(changing)) {
    const original = store[name] as unknown as (...args: Arguments) => Promise<unknown>;
    store[name] = function (this: Store, ...args: Arguments) {
      const blob = target(args);
      return inTurn(blob, () => {
        const doc = blobAt(this, blob);
        if (doc) settleTier(this, doc);
        if (doc) refuseArchived(args[0] as Context, doc);
        if (doc) refuseProtected(args[0] as Context, doc, change);
        return original.apply(this, args);
      });
    } as unknown as Method;
  }
  for (const [name, { target, change }] of Object.entries(replacing)) {
    const original = store[name] as unknown as (...args: Arguments) => Promise<unknown>;
    store[name] = function (this: Store, ...args: Arguments) {
      const [context] = args as [Context];
      const blob = target(args);
      return inTurn(blob, async () => {
        const before = blobAt(this, blob);
        if (before && exchange().rules.creationOnly) throw mayNotReplace(context);
        if (before) settleTier(this, before);
        // A copy may end in an archived blob, which is overwritten; other writes may not.
        if (before && target !== ofDestination) refuseArchived(context, before);
        if (before) refuseProtected(context, before, change);
        const old = before && copyOf(before);
        const upload = target === ofBlob ? (args[1] as BlobDoc) : undefined;
        if (upload) prepare(context, upload);
        // What the new state is protected by is known, or refused, before anything changes.
        const immutability = immutabilityOfNew(context);
        const archived = target === ofDestination && prepareCopy(this, context, args);
        const result = await original.apply(this, args);
        const now = blobAt(this, blob)!;
        if (archived) awaitSource(context, now);
        Object.assign(now, { immutability: undefined, legalHold: undefined }, immutability);
        settle(this, blob, now, old, change);
        blobsOf(this).update(now);
        return result;
      });
    } as unknown as Method;
  }
}

/** Rights come before conditions: not even `If-None-Match: *` makes it a 409 (seen with SAS that may only create). */
function mayNotReplace(context: Context): Error {
  const message = 'This request is not authorized to perform blob overwrites.';
  return storageError(context, 403, 'UnauthorizedBlobOverwrite', message);
}

function prepare(context: Context, { properties }: BlobDoc): void {
  checkTier(context, properties.accessTier);
  if (properties.blobType === 'BlockBlob') inferTier(properties);
}

/** Whether the source of a copy is archived: the copy then waits for its rehydration. */
function prepareCopy(store: Store, context: Context, [, source, , copySource, , tier]: Arguments): boolean {
  checkTier(context, tier as string | undefined);
  const from = source as { account: string; container: string; blob: string; snapshot: string };
  const version = new URL(String(copySource)).searchParams.get('versionid');
  if (version !== null) from.snapshot = `${VERSION}${version}`;
  const doc = blobAt(store, { accountName: from.account, containerName: from.container, name: from.blob });
  return doc?.properties.accessTier === 'Archive';
}

/** How a version is named where Azurite has an argument for snapshots only. */
export const VERSION = 'version ';

function awaitSource(context: Context, copy: BlobDoc): void {
  const tier = copy.properties.accessTier!;
  if (tier === 'Archive') return;
  copy.rehydration = undefined;
  copy.properties.rehydratePriority = undefined;
  rehydrate(context, copy, tier);
  copy.properties.copyStatus = 'pending';
}

/** Keeps the old state where the account's settings say so. */
function settle(store: Store, target: Target, now: BlobDoc, old: BlobDoc | undefined, change: Change): void {
  const { versioning } = blobRules();
  demoteDeletedBlob(store, target);
  now.versionId = versioning ? nextVersionId(store, target, old) : undefined;
  exchange().versionId = now.versionId;
  if (!old) return;
  // Where versioning has been switched off, the last version is kept and what follows has none.
  if (versioning || old.versionId !== undefined) {
    keep(store, old, { kind: 'version', id: versionIdOf(old) });
  } else if (change === 'overwrite') {
    const deleted = softDeletion(Date.now());
    if (deleted) keep(store, old, { kind: 'snapshot', id: timeId(deleted.at), deleted });
  }
}

/** A blob that was there before versioning is a version by the time of its last change. */
export function versionIdOf({ versionId, properties }: BlobDoc): string {
  return versionId ?? timeId(properties.lastModified.getTime());
}

/** Set Blob Tier, with rehydration. */
export function patchSetTier(store: Store): void {
  type SetTier = (this: Store, ...args: [Context, string, string, string, string, unknown]) => Promise<number>;
  const original = store.setTier as unknown as SetTier;
  const setTier: SetTier = function (...args) {
    const [context, account, container, blob, tier] = args;
    return inTurn(ofNames(args), async () => {
      checkTier(context, tier);
      type Get = (this: Store, ...args: unknown[]) => Promise<BlobDoc>;
      const get = this.getBlobWithLeaseUpdated as unknown as Get;
      const doc = await get.call(this, account, container, blob, undefined, context, true, true);
      const { accessTier } = doc.properties;
      if (accessTier !== 'Archive' || doc.properties.blobType !== 'BlockBlob') return original.apply(this, args);
      if (tier === 'Archive') {
        if (!doc.rehydration) return 200;
        throw storageError(
          context,
          409,
          'BlobBeingRehydrated',
          'This operation is not permitted because the blob is being rehydrated.',
        );
      }
      rehydrate(context, doc, tier);
      blobsOf(this).update(doc);
      return 202;
    });
  };
  store.setTier = setTier as unknown as Method;
}
