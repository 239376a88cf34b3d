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

/** For people, as `strongroom repo --help` shows them. */
export const EXIT_CODES = `Exit codes:
  0    done
  1    something unforeseen
  2    an option or a file given is wrong
  3    no repository there, or one of a newer version
  4    the key is wrong or missing
  5    the repository is damaged
  6    what is asked for does not exist, or what is to be made exists
  7    the place cannot be reached, is full or read-only
  8    the image being backed up cannot be read
  9    in use by somebody else: try again
  130  interrupted (141: nobody read the output any longer; 143: SIGTERM)`;

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
