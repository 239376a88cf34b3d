/**
 * The closed set of error codes. A code is what a person searches for, what a test asserts and what the outermost
 * layer maps to an HTTP status or an exit code; nothing inside the product does that mapping.
 */
export const errorCodes = [
  'INVALID_INPUT', // the caller's value is wrong: names the value and the way out
  'NOT_FOUND', // the thing named does not exist
  'RESOURCE_BUSY', // another session holds the resource; details carry its id
  'UNSUPPORTED', // Azure or Strongroom cannot do this for this resource
  'AZURE_REFUSED', // Azure answered with an error that a retry will not cure
  'AZURE_UNAVAILABLE', // throttled, timed out, 5xx: a retry may cure it
  'PERMISSION_MISSING', // no role of the identity grants the action that the message names
  'SITE_INCOMPLETE', // a piece of a site is missing that the appliance may not make, or does not become ready
  'SITE_DRIFTED', // a piece of a site is not as it should be, so that no session may work with it
  'WORKER_LOST', // no hello, or no heartbeat for too long
  'BINARY_MISMATCH', // a worker file's MD5 or SHA-256 is not the one that was built
  'MESSAGE_REJECTED', // a message failed authentication or validation
  'NETWORK_OPEN', // a name leads to a public address where the network has to be private: nothing was sent there
  'CHECK_FAILED', // a site does not work as it should; the session's steps say what to put right
  'SAS_EXPIRED', // the export URL no longer opens its disk: grant anew
  'DIFF_UNSUPPORTED', // Azure refused the comparison: read in full
  'REPOSITORY_UNKNOWN', // not a repository, or of a newer version
  'REPOSITORY_DAMAGED', // a stored object is missing, altered or truncated; names it
  'KEY_REFUSED', // wrong passphrase or recovery key, or the vault refuses the key
  'CBT_MISMATCH', // Azure's change tracking left out what had changed: the disk was read in full instead
  'SOURCE_FAILED', // a disk or image being read gave errors, or became shorter: nothing of it was committed
  'NO_SPACE', // the place that is written to is full
  'READ_ONLY', // the place that is written to cannot be written
  'WRITER_LAPSED', // the writer's registration ran out: nothing may be committed
  'ALREADY_EXISTS', // a create met something that is already there
  'CANCELLED',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** What of an error crosses a process boundary (queues, Durable history, tables, HTTP): never a stack, never a secret. */
export interface ErrorInfo {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  details?: Record<string, string>;
}

/** The product's one error class. The message names the thing, the value and the way out. */
export class StrongroomError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Record<string, string>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown; details?: Record<string, string> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StrongroomError';
    this.code = code;
    this.retryable = options.retryable ?? (code === 'AZURE_UNAVAILABLE' || code === 'WORKER_LOST');
    this.details = options.details ?? {};
  }
}

/** Anything thrown, as an {@link ErrorInfo}. Query strings of URLs are cut out of foreign messages: they may be SAS. */
export function errorInfo(error: unknown): ErrorInfo {
  if (error instanceof StrongroomError) {
    const { code, message, retryable, details } = error;
    return { code, message: withoutQueries(message), retryable, ...(Object.keys(details).length ? { details } : {}) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message: withoutQueries(message), retryable: false };
}

/** Replaces the query of every URL in a text by `?…`, so that no signature reaches a log or a table. */
export function withoutQueries(text: string): string {
  return text.replace(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/g, '$1?…');
}
