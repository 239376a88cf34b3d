import { exchange } from '../rules.ts';
import { previousVersion } from './past.ts';
import { blobAt, blobNotFound } from './store.ts';
import type { BlobDoc, Context, Method, Store } from './store.ts';
import { settleTier } from './tiers.ts';
import { VERSION } from './writes.ts';

type Get = (
  this: Store,
  account: string,
  container: string,
  blob: string,
  snapshot: string | undefined,
  context: Context,
  forceExist?: boolean,
  forceCommitted?: boolean,
) => Promise<BlobDoc | undefined>;

/** Makes the one function through which Azurite finds a blob know versions, and end rehydrations in time. */
export function patchReads(store: Store): void {
  const original = store.getBlobWithLeaseUpdated as unknown as Get;
  const get: Get = async function (...args) {
    const [accountName, containerName, name, snapshot = '', context] = args;
    const asked = snapshot.startsWith(VERSION) ? snapshot.slice(VERSION.length) : exchange().query.get('versionid');
    const target = { accountName, containerName, name };
    const current = blobAt(this, target);
    // What is asked for by version is never written by the request; the current version is found under its id too.
    if (asked !== null && current?.versionId !== asked) {
      const doc = previousVersion(this, target, asked);
      if (!doc) throw blobNotFound(context);
      settleTier(this, doc);
      return doc;
    }
    if (snapshot === '' && current) settleTier(this, current);
    return original.apply(this, asked === null ? args : (args.with(3, undefined) as Parameters<Get>));
  };
  store.getBlobWithLeaseUpdated = get as unknown as Method;
}

/** Headers of Get Blob and Get Blob Properties that Azurite lacks. */
export function descriptionOf(doc: BlobDoc): Record<string, unknown> {
  const { versionId, past, immutability, legalHold } = doc;
  return {
    versionId: versionId ?? past?.id,
    isCurrentVersion: versionId !== undefined && past === undefined ? true : undefined,
    immutabilityPolicyExpiresOn: immutability?.until,
    immutabilityPolicyMode: immutability?.mode.toLowerCase(),
    legalHold,
  };
}
