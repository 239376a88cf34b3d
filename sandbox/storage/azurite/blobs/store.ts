import { load } from '../load.ts';
import { exchange, type BlobRules } from '../rules.ts';

/**
 * A blob as Azurite's metadata store keeps it, with what it lacks. Dates are UTC. What is no longer a blob or snapshot
 * (`past`) lies in the same collection, in a container whose name no client can write: Azurite's own code never sees it,
 * except for its garbage collection, which must.
 */
export interface BlobDoc {
  accountName: string;
  containerName: string;
  name: string;
  /** Time of a snapshot; empty for the blob itself. */
  snapshot: string;
  isCommitted: boolean;
  deleted?: boolean | undefined;
  properties: BlobProperties;
  metadata?: Record<string, string>;
  committedBlocksInOrder?: unknown[];
  pageRangesInOrder?: object[];
  persistency?: object;
  /** Id of the version that this is. */
  versionId?: string | undefined;
  past?: Past;
  immutability?: Immutability | undefined;
  legalHold?: true | undefined;
  /** An archived block blob that is on its way back. */
  rehydration?: { until: number; tier: string } | undefined;
  $loki?: number;
  meta?: unknown;
}

export interface BlobProperties {
  creationTime: Date;
  lastModified: Date;
  blobType: 'BlockBlob' | 'PageBlob' | 'AppendBlob';
  accessTier?: string;
  accessTierInferred?: boolean;
  accessTierChangeTime?: Date;
  archiveStatus?: string | undefined;
  rehydratePriority?: string | undefined;
  copyStatus?: string;
  deletedTime?: Date | undefined;
  remainingRetentionDays?: number | undefined;
  [property: string]: unknown;
}

/** What a former blob, snapshot or version is kept as. */
export interface Past {
  /** `id` of a version or snapshot: its time. */
  kind: 'blob' | 'snapshot' | 'version';
  id: string;
  /** Soft-deleted: when, and until when it is kept (milliseconds). A version that was not deleted has none. */
  deleted?: { at: number; until: number } | undefined;
}

export interface Immutability {
  until: Date;
  mode: 'Unlocked' | 'Locked';
}

export interface Context {
  contextId: string;
  startTime: Date;
}

export interface Collection<T> {
  find(query: object): T[];
  findOne(query: object): T | null;
  findAndRemove(query: object): void;
  insert(doc: T): void;
  update(doc: T): void;
  remove(doc: T): void;
}

export interface ContainerDoc {
  accountName: string;
  name: string;
  properties: Record<string, unknown>;
  deleted?: boolean;
  version?: string;
}

/** Azurite's metadata store. Its methods' arguments are its own affair. */
export type Store = { db: { getCollection(name: string): unknown } } & Record<string, Method>;
export type Method = (this: Store, ...args: never[]) => Promise<unknown>;

export interface Target {
  accountName: string;
  containerName: string;
  name: string;
}

export const store = (): Store => load<{ prototype: Store }>('blob/persistence/LokiBlobMetadataStore').prototype;

export const blobsOf = (store: Store) => store.db.getCollection('$BLOBS_COLLECTION$') as Collection<BlobDoc>;
export const containersOf = (store: Store) =>
  store.db.getCollection('$CONTAINERS_COLLECTION$') as Collection<ContainerDoc>;

/** The settings of the account that the request under way is for. */
export const blobRules = (): BlobRules => exchange().rules.blob!;

/** The committed blob of that name. */
export function blobAt(store: Store, target: Target): BlobDoc | undefined {
  const { accountName, containerName, name } = target;
  const found = blobsOf(store).findOne({ name, accountName, containerName, snapshot: '' });
  return found?.isCommitted ? found : undefined;
}

/** A copy that stays as it is when Azurite changes the blob in place. */
export function copyOf(doc: BlobDoc): BlobDoc {
  return unsynced({
    ...doc,
    properties: { ...doc.properties },
    ...(doc.committedBlocksInOrder && { committedBlocksInOrder: doc.committedBlocksInOrder.slice() }),
    ...(doc.pageRangesInOrder && { pageRangesInOrder: doc.pageRangesInOrder.map((range) => ({ ...range })) }),
  });
}

/** A document that LokiJS takes for a new one. */
export function unsynced<T extends object>(doc: T): T {
  const copy = { ...doc } as T & { $loki?: unknown; meta?: unknown };
  delete copy.$loki;
  delete copy.meta;
  return copy;
}

type ErrorClass = new (status: number, code: string, message: string, requestId: string) => Error;

/** An error as the service sends it. */
export function storageError(context: Context, status: number, code: string, message: string): Error {
  return new (load<ErrorClass>('blob/errors/StorageError'))(status, code, message, context.contextId);
}

export function blobNotFound(context: Context): Error {
  return storageError(context, 404, 'BlobNotFound', 'The specified blob does not exist.');
}

const queues = new Map<string, Promise<unknown>>();

/** Runs what changes one blob after what is already changing it: Azurite awaits in the middle of its changes. */
export function inTurn<T>({ accountName, containerName, name }: Target, work: () => Promise<T>): Promise<T> {
  const key = JSON.stringify([accountName, containerName, name]);
  const done = (queues.get(key) ?? Promise.resolve()).then(work, work);
  queues.set(key, done);
  const leave = () => {
    if (queues.get(key) === done) queues.delete(key);
  };
  done.then(leave, leave);
  return done;
}
