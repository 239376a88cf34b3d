import { StrongroomError, type ErrorInfo } from './errors.ts';

/**
 * How an activity or a sub-orchestration ends. They never throw product errors: what crosses Durable history is this
 * value, so that a caller sees the code and no stack or SDK text is ever stored.
 */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ErrorInfo };

export function succeeded<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function failed(error: ErrorInfo): { ok: false; error: ErrorInfo } {
  return { ok: false, error };
}

/** The error that an {@link ErrorInfo} describes. */
export function errorOf(info: ErrorInfo): StrongroomError {
  return new StrongroomError(info.code, info.message, { retryable: info.retryable, details: info.details ?? {} });
}
