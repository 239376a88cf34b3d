import { BlobError, invalidHeader } from './blobError.ts';
import { DISK_HOST } from './sas.ts';

/** 4 TiB: changes are not found across a resize that crosses it. */
const BOUNDARY = 2 ** 42;

/** What decides whether two snapshots can be compared. */
export interface SnapshotFacts {
  /** Undefined: no incremental snapshot. */
  familyId: string | undefined;
  sizeBytes: number;
  /** ISO 8601. */
  created: string;
}

export interface ComparisonParts {
  /** Opens a signed URL for reading. */
  open(url: URL): string;
  snapshot(id: string): SnapshotFacts | undefined;
  /** x-ms-version of the request. */
  version: string;
}

/**
 * The snapshot that `x-ms-previous-snapshot-url` names: itself under a live SAS, of the same family, older, and on
 * the same side of 4 TiB (Get Page Ranges, managed disks, version 2019-07-07 and later).
 * @throws BlobError 400 InvalidHeaderValue, PreviousSnapshotCannotBeNewer; 403 AuthenticationFailed;
 * 409 PreviousSnapshotNotFound, BlobOverwritten (another family), PreviousSnapshotOperationNotSupported
 */
export function previousSnapshot(parts: ComparisonParts, id: string, previousUrl: string): string {
  const base = resolve(parts, previousUrl);
  const [before, after] = [parts.snapshot(base), parts.snapshot(id)];
  if (!before?.familyId || !after?.familyId) {
    throw notSupported('Only incremental snapshots can be compared.');
  }
  if (before.familyId !== after.familyId) {
    throw new BlobError(409, 'BlobOverwritten', 'The blob has been recreated since the previous snapshot was taken.');
  }
  if (before.created > after.created) {
    throw new BlobError(
      400,
      'PreviousSnapshotCannotBeNewer',
      'The prevsnapshot query parameter value cannot be newer.',
    );
  }
  // Only this boundary is documented (incremental snapshots, restrictions).
  if (before.sizeBytes <= BOUNDARY !== after.sizeBytes <= BOUNDARY) {
    throw notSupported('The disk was resized across 4 TiB in between.');
  }
  return base;
}

function resolve(parts: ComparisonParts, previousUrl: string): string {
  const name = 'x-ms-previous-snapshot-url';
  if (!URL.canParse(previousUrl) || parts.version < '2019-07-07') throw invalidHeader(name, '…');
  const url = new URL(previousUrl);
  if (url.protocol !== 'https:' || !DISK_HOST.test(url.hostname)) throw invalidHeader(name, url.origin);
  try {
    return parts.open(url);
  } catch (error) {
    if (error instanceof BlobError && error.status === 404) {
      throw new BlobError(409, 'PreviousSnapshotNotFound', 'The previous snapshot is not found.');
    }
    throw error;
  }
}

function notSupported(why: string): BlobError {
  return new BlobError(
    409,
    'PreviousSnapshotOperationNotSupported',
    `The operation for getting changed pages between two snapshots is not supported. ${why}`,
  );
}
