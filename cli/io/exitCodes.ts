import type { ErrorCode } from '../../model/errors.ts';

/** Exit codes of the command line (docs/operations.md, "The command line"): what a script may rely on. */
export const EXIT = {
  ok: 0,
  internal: 1,
  input: 2,
  repository: 3,
  key: 4,
  damaged: 5,
  target: 6,
  store: 7,
  source: 8,
  again: 9,
  interrupted: 130,
} as const;

/** Every code of an error has its exit code. */
const exitCodes: Record<ErrorCode, number> = {
  INVALID_INPUT: EXIT.input,
  UNSUPPORTED: EXIT.input,
  REPOSITORY_UNKNOWN: EXIT.repository,
  KEY_REFUSED: EXIT.key,
  REPOSITORY_DAMAGED: EXIT.damaged,
  CBT_MISMATCH: EXIT.damaged,
  NOT_FOUND: EXIT.target,
  ALREADY_EXISTS: EXIT.target,
  AZURE_REFUSED: EXIT.store,
  AZURE_UNAVAILABLE: EXIT.store,
  PERMISSION_MISSING: EXIT.store,
  NETWORK_OPEN: EXIT.store,
  NO_SPACE: EXIT.store,
  READ_ONLY: EXIT.store,
  SOURCE_FAILED: EXIT.source,
  WRITER_LAPSED: EXIT.again,
  RESOURCE_BUSY: EXIT.again,
  CANCELLED: EXIT.interrupted,
  // The appliance's own, which no repository meets.
  SITE_INCOMPLETE: EXIT.internal,
  SITE_DRIFTED: EXIT.internal,
  WORKER_LOST: EXIT.internal,
  BINARY_MISMATCH: EXIT.internal,
  MESSAGE_REJECTED: EXIT.internal,
  CHECK_FAILED: EXIT.internal,
  SAS_EXPIRED: EXIT.internal,
  DIFF_UNSUPPORTED: EXIT.internal,
  INTERNAL: EXIT.internal,
};

export const exitCodeOf = (code: ErrorCode): number => exitCodes[code];
