import type { ContainerRules } from '../rules.ts';
import type { BlobDoc } from './store.ts';

/** What somebody wants to do to a blob that is there. */
export type Change = 'overwrite' | 'delete' | 'metadata' | 'properties' | 'pages' | 'append' | 'snapshot';

export interface Protection {
  code: 'BlobImmutableDueToPolicy' | 'BlobImmutableDueToLegalHold';
  message: string;
}

const byPolicy: Protection = {
  code: 'BlobImmutableDueToPolicy',
  message: 'This operation is not permitted as the blob is immutable due to a policy.',
};
const byHold: Protection = {
  code: 'BlobImmutableDueToLegalHold',
  message: 'This operation is not permitted as the blob is immutable due to one or more legal holds.',
};
const DAY_MS = 86_400_000;

/**
 * Whether immutability forbids a change ("Version-level WORM policies", "Container-level WORM policies", tables of
 * prohibited operations).
 * @param now milliseconds
 */
export function protection(doc: BlobDoc, change: Change, container: ContainerRules | undefined, now: number) {
  if (!container) return undefined;
  return container.versionLevel ? ofVersion(doc, change, now) : ofContainer(doc, change, container, now);
}

/** Overwriting is allowed: it makes a new version. So are properties and snapshots. */
function ofVersion({ legalHold, immutability }: BlobDoc, change: Change, now: number): Protection | undefined {
  const expired = immutability === undefined || immutability.until.getTime() <= now;
  switch (change) {
    case 'delete':
    case 'append':
      return legalHold ? byHold : expired ? undefined : byPolicy;
    case 'metadata':
    case 'pages':
      // An expired policy allows deletion, nothing else.
      return legalHold ? byHold : immutability && byPolicy;
    default:
      return undefined;
  }
}

function ofContainer(doc: BlobDoc, change: Change, container: ContainerRules, now: number): Protection | undefined {
  const { policy, legalHold } = container;
  const appends = policy?.appends === true && doc.properties.blobType === 'AppendBlob';
  if (change === 'append' && appends) return undefined;
  if (legalHold) return byHold;
  if (!policy) return undefined;
  const since = appends ? doc.properties.lastModified : doc.properties.creationTime;
  const expired = since.getTime() + policy.days * DAY_MS <= now;
  return change === 'delete' && expired ? undefined : byPolicy;
}
