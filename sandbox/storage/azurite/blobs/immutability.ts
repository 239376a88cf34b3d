import { exchange } from '../rules.ts';
import { protection, type Change } from './protection.ts';
import { blobRules, storageError } from './store.ts';
import type { BlobDoc, Context, Immutability } from './store.ts';

const DAY_MS = 86_400_000;

/** @throws 409 when immutability forbids the change */
export function refuseProtected(context: Context, doc: BlobDoc, change: Change): void {
  const found = protection(doc, change, blobRules().container, Date.now());
  if (found) throw storageError(context, 409, found.code, found.message);
}

/** What a new blob or version gets: what its upload asks for, else the default policy of its container or account. */
export function immutabilityOfNew(context: Context): Pick<BlobDoc, 'immutability' | 'legalHold'> {
  const { headers } = exchange();
  const { container } = blobRules();
  const until = headers['x-ms-immutability-policy-until-date'];
  const mode = headers['x-ms-immutability-policy-mode'];
  const hold = headers['x-ms-legal-hold'] === 'true';
  if (!container?.versionLevel) {
    if (until !== undefined || hold) requireVersionLevel(context);
    return {};
  }
  const asked = typeof until === 'string' ? policyOf(context, new Date(until), String(mode ?? 'Unlocked')) : undefined;
  const { policy } = container;
  const byDefault: Immutability | undefined = policy && {
    until: new Date(Date.now() + policy.days * DAY_MS),
    mode: policy.locked ? 'Locked' : 'Unlocked',
  };
  return { immutability: asked ?? byDefault, ...(hold && { legalHold: true }) };
}

/** Sets the policy of a blob or version ("Set Blob Immutability Policy"). A locked one can only be extended. */
export function setPolicy(context: Context, doc: BlobDoc, until: Date, mode: string): Immutability {
  requireVersionLevel(context);
  const wanted = policyOf(context, until, mode);
  const { immutability } = doc;
  const weaker = wanted.mode === 'Unlocked' || (immutability && wanted.until < immutability.until);
  if (immutability?.mode === 'Locked' && weaker) refuseLocked(context);
  return wanted;
}

/** @throws 409 when the policy is locked */
export function checkRemovable(context: Context, { immutability }: BlobDoc): void {
  requireVersionLevel(context);
  if (immutability?.mode === 'Locked') refuseLocked(context);
}

/** The service's code for this is not documented. */
export function requireVersionLevel(context: Context): void {
  if (blobRules().container?.versionLevel) return;
  const message = 'Version-level immutability is not enabled for the container or the storage account.';
  throw storageError(context, 409, 'ImmutableStorageWithVersioningNotEnabled', message);
}

function refuseLocked(context: Context): never {
  const message = 'This operation is not permitted as the blob is immutable due to a policy.';
  throw storageError(context, 409, 'BlobImmutableDueToPolicy', message);
}

function policyOf(context: Context, until: Date, mode: string): Immutability {
  const wanted = (['Unlocked', 'Locked'] as const).find((known) => known.toLowerCase() === mode.toLowerCase());
  if (wanted === undefined || !(until.getTime() > Date.now())) {
    const header = wanted === undefined ? 'x-ms-immutability-policy-mode' : 'x-ms-immutability-policy-until-date';
    const message = `The value for one of the HTTP headers is not in the correct format: ${header}.`;
    throw storageError(context, 400, 'InvalidHeaderValue', message);
  }
  return { until, mode: wanted };
}
