import { exchange } from '../rules.ts';
import { pastBlobs } from './past.ts';
import { blobAt, blobsOf } from './store.ts';
import type { BlobDoc, Method, Past, Store } from './store.ts';
import { settleTier } from './tiers.ts';

const DAY_MS = 86_400_000;

type Page = [BlobDoc[], { name: string }[], string | undefined];
type ListBlobs = (
  this: Store,
  context: unknown,
  account: string,
  container: string,
  delimiter: string | undefined,
  blob: string | undefined,
  prefix: string | undefined,
  maxResults: number,
  marker: string | undefined,
  includeSnapshots: boolean,
  includeUncommitted: boolean,
  startFrom?: string,
) => Promise<Page>;

/** Makes List Blobs show versions, soft-deleted blobs and immutability where they are asked for. */
export function patchListing(store: Store): void {
  const original = store.listBlobs as unknown as ListBlobs;
  const listBlobs: ListBlobs = async function (...args) {
    const [, accountName, containerName, delimiter, , prefix = '', maxResults, marker = '', snapshots, uncommitted] =
      args;
    const included = (exchange().query.get('include') ?? '').toLowerCase().split(',');
    const versions = included.includes('versions');
    const deleted = included.includes('deleted') || included.includes('deletedwithversions');
    const shown = (doc: BlobDoc) => itemOf(doc, { versions, included });
    if (!versions && !deleted) {
      const [items, prefixes, next] = await original.apply(this, args);
      for (const item of items) {
        const doc = item.rehydration && blobAt(this, item);
        if (doc) settleTier(this, doc);
      }
      return [items.map(shown), prefixes, next];
    }
    const live = blobsOf(this)
      .find({ accountName, containerName })
      .filter((doc) => (snapshots || doc.snapshot === '') && (uncommitted || doc.isCommitted));
    const past = pastBlobs(this, { accountName, containerName }).filter(
      (doc) => (doc.past.deleted ? deleted : true) && (doc.past.kind === 'version' ? versions : true),
    );
    const all = [...live, ...past].filter(({ name }) => name.startsWith(prefix));
    all.forEach((doc) => settleTier(this, doc));
    return pageOf(all.map(shown), { delimiter, prefix, maxResults, marker });
  };
  store.listBlobs = listBlobs as unknown as Method;
}

/** Within a name: older versions and snapshots first, the blob itself last. */
function orderOf({ name, versionId, snapshot, deleted }: BlobDoc): string {
  return `${name}\n${versionId ?? (snapshot || '~')}\n${deleted ? 0 : 1}`;
}

function pageOf(
  items: BlobDoc[],
  {
    delimiter,
    prefix,
    maxResults,
    marker,
  }: { delimiter: string | undefined; prefix: string; maxResults: number; marker: string },
): Page {
  const after = Buffer.from(marker, 'base64url').toString();
  const page: BlobDoc[] = [];
  const prefixes = new Map<string, { name: string }>();
  let last = '';
  const ordered = items.map((item) => ({ item, order: orderOf(item) })).filter(({ order }) => order > after);
  for (const { item, order } of ordered.sort((a, b) => (a.order < b.order ? -1 : 1))) {
    const cut = delimiter === undefined ? -1 : item.name.indexOf(delimiter, prefix.length);
    const group = cut < 0 ? undefined : item.name.slice(0, cut + delimiter!.length);
    if (group === undefined || !prefixes.has(group)) {
      if (page.length + prefixes.size === maxResults) {
        return [page, [...prefixes.values()], Buffer.from(last).toString('base64url')];
      }
      if (group === undefined) page.push(item);
      else prefixes.set(group, { name: group });
    }
    last = order;
  }
  return [page, [...prefixes.values()], undefined];
}

function itemOf(doc: BlobDoc, options: { versions: boolean; included: string[] }): BlobDoc {
  const { versions, included } = options;
  const { past, versionId, immutability, legalHold } = doc;
  const policy = included.includes('immutabilitypolicy') && immutability;
  const current = versions && past === undefined && versionId !== undefined && doc.snapshot === '';
  return {
    ...doc,
    snapshot: past ? (past.kind === 'snapshot' ? past.id : '') : doc.snapshot,
    versionId: past?.kind === 'version' ? past.id : doc.snapshot === '' ? versionId : undefined,
    ...(current && { isCurrentVersion: true }),
    deleted: past?.deleted ? true : undefined,
    properties: {
      ...doc.properties,
      ...(past?.deleted && deletionOf(past.deleted)),
      ...(policy && { immutabilityPolicyExpiresOn: policy.until, immutabilityPolicyMode: policy.mode.toLowerCase() }),
      ...(included.includes('legalhold') && legalHold && { legalHold }),
    },
  };
}

function deletionOf({ at, until }: NonNullable<Past['deleted']>) {
  return {
    deletedTime: new Date(at),
    remainingRetentionDays: Math.max(0, Math.ceil((until - Date.now()) / DAY_MS) - 1),
  };
}
