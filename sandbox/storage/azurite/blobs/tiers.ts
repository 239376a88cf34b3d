import { exchange } from '../rules.ts';
import { blobRules, blobsOf, storageError } from './store.ts';
import type { BlobDoc, Context, Store } from './store.ts';

/** "Overview of blob rehydration from the archive tier": up to 15 hours, or under one hour. */
const HOURS = { Standard: 15, High: 1 };
const HOUR_MS = 3_600_000;

/** Ends a rehydration whose time has come. */
export function settleTier(store: Store, doc: BlobDoc): void {
  const { rehydration, properties } = doc;
  if (!rehydration || Date.now() < rehydration.until) return;
  properties.accessTier = rehydration.tier;
  properties.accessTierInferred = false;
  properties.accessTierChangeTime = new Date(rehydration.until);
  properties.archiveStatus = undefined;
  properties.rehydratePriority = undefined;
  if (properties.copyStatus === 'pending') properties.copyStatus = 'success';
  doc.rehydration = undefined;
  blobsOf(store).update(doc);
}

/** Begins to bring an archived blob back, or hurries it. */
export function rehydrate(context: Context, doc: BlobDoc, tier: string): void {
  const { properties, rehydration } = doc;
  const asked = String(exchange().headers['x-ms-rehydrate-priority'] ?? 'Standard');
  const priority = (['Standard', 'High'] as const).find((known) => known.toLowerCase() === asked.toLowerCase());
  if (!priority) {
    throw storageError(
      context,
      400,
      'InvalidHeaderValue',
      `The value '${asked}' of x-ms-rehydrate-priority is invalid.`,
    );
  }
  const until = Date.now() + HOURS[priority] * HOUR_MS;
  const raised = properties.rehydratePriority === 'Standard' && priority === 'High' && rehydration?.tier === tier;
  if (rehydration && !raised) {
    const message = 'This operation is not permitted because the blob is being rehydrated.';
    throw storageError(context, 409, 'BlobBeingRehydrated', message);
  }
  doc.rehydration = { tier, until: Math.min(until, rehydration?.until ?? until) };
  properties.accessTier = 'Archive';
  properties.archiveStatus = `rehydrate-pending-to-${tier.toLowerCase()}`;
  properties.rehydratePriority = priority;
}

/** An archived blob is offline: it cannot be changed, and its properties are read-only. */
export function refuseArchived(context: Context, { properties }: BlobDoc): void {
  if (properties.accessTier !== 'Archive') return;
  throw storageError(context, 409, 'BlobArchived', 'This operation is not permitted on an archived blob.');
}

/** The archive tier exists with LRS, GRS and RA-GRS only ("Access tiers for blob data"). */
export function checkTier(context: Context, tier: string | undefined): void {
  if (tier !== 'Archive' || blobRules().archiveTier) return;
  const message = 'The access tier is not supported for this account type.';
  throw storageError(context, 400, 'BlobAccessTierNotSupportedForAccountType', message);
}

/** Block blobs that are uploaded without a tier get the account's. */
export function inferTier(properties: Record<string, unknown>): void {
  if (properties.accessTierInferred === true) properties.accessTier = blobRules().defaultTier;
}
