import { StrongroomError } from '../../model/errors.ts';

/** A stored object is missing, altered or truncated. `details.object` names it, `details.why` says what is wrong. */
export function damaged(object: string, why: string, cause?: unknown): StrongroomError {
  return new StrongroomError(
    'REPOSITORY_DAMAGED',
    `The repository object ${object} ${why}. What depends on it cannot be trusted: use another point or another copy of it.`,
    { cause, details: { object, why } },
  );
}

/** A stored object is sound, but of a version that this release does not know. `details.object` names it. */
export function tooNew(object: string, version: number, known: number): StrongroomError {
  return new StrongroomError(
    'REPOSITORY_UNKNOWN',
    `The repository object ${object} has version ${version}; this release knows up to ${known}. Use a newer release.`,
    { details: { object } },
  );
}

export function isCode(error: unknown, code: StrongroomError['code']): error is StrongroomError {
  return error instanceof StrongroomError && error.code === code;
}
