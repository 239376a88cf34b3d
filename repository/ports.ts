/**
 * What the repository needs of the world: a place for objects and a way to wrap a key. Implementations: `memoryStore`,
 * `folderStore` (here) and the Azure Blob store (azure/blobStore.ts); all pass test/contract/objectStore.ts.
 */

/** An object's name: ASCII, `/`-separated, no leading slash. */
export type ObjectName = string;

export interface ObjectInfo {
  name: ObjectName;
  size: number;
  /** Opaque; changes with every write. */
  etag: string;
  /** Server time of the last write, ISO 8601 UTC. */
  modified: string;
  /** Until when the object is immutable, ISO 8601 UTC. Only where the store locks objects. */
  lockedUntil?: string;
}

export interface PutOptions {
  /** Write only when no object of that name exists. */
  ifAbsent?: boolean;
  /** Write only when the object still has this ETag. */
  ifMatch?: string;
  signal?: AbortSignal;
}

/**
 * Errors are StrongroomError: `NOT_FOUND` (no such object), `ALREADY_EXISTS` (a condition of a put or delete failed),
 * `AZURE_UNAVAILABLE` (retryable), `AZURE_REFUSED`, `NO_SPACE`, `READ_ONLY`.
 */
export interface ObjectStore {
  /** For messages: a path or URL, never with a query. */
  readonly location: string;
  /** The whole object, or a range of it: what there is of the range, so fewer bytes (even none) past the object's end. */
  get(
    name: ObjectName,
    range?: { offset: number; length: number },
    signal?: AbortSignal,
  ): Promise<{ data: Buffer; info: ObjectInfo }>;
  /** Stores the parts, concatenated, atomically: a reader sees all or nothing. */
  put(name: ObjectName, parts: readonly Uint8Array[], options?: PutOptions): Promise<ObjectInfo>;
  /** @throws NOT_FOUND */
  head(name: ObjectName): Promise<ObjectInfo>;
  /** All objects whose names start with the prefix, in name order. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Deleting what is not there succeeds, except with `ifMatch`: `ALREADY_EXISTS`, like any condition that fails. */
  delete(name: ObjectName, options?: { ifMatch?: string }): Promise<void>;
  /**
   * Where the store can make objects immutable: until then (ISO 8601 UTC) the object as it is now is not lost. Who deletes or
   * overwrites it is refused (`AZURE_REFUSED`), or it stays as a version, as the store can. Never shortens an earlier lock.
   * The ETag stays. @throws NOT_FOUND, AZURE_REFUSED
   */
  lock?(name: ObjectName, until: string): Promise<void>;
}

/** Wraps and unwraps a 32-byte master key with a key that never leaves its vault. */
export interface KeyWrapper {
  /** The key's id without secrets; stored in the slot. */
  readonly keyId: string;
  /** Returns the wrapped key and the exact key version used, so that a rotated key still unwraps. */
  wrap(key: Uint8Array): Promise<{ wrapped: Buffer; keyVersion: string }>;
  /** @throws KEY_REFUSED */
  unwrap(wrapped: Uint8Array, keyVersion: string): Promise<Buffer>;
}
