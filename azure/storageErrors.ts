import { StrongroomError, withoutQueries } from '../model/errors.ts';

/** What the storage, queue and vault SDKs throw, as far as it is read here. */
interface SdkError {
  statusCode?: number;
  code?: string;
  name?: string;
  message?: string;
  details?: { errorCode?: string };
}

/**
 * An SDK's error in the product's words: 404 `NOT_FOUND`; 409 and 412 `ALREADY_EXISTS`; 408, 429, 5xx and no answer at
 * all `AZURE_UNAVAILABLE`; the rest `AZURE_REFUSED`. Details carry `status` and Azure's `code`.
 * @param what names the operation and its target, without a query
 */
export function storageError(error: unknown, what: string): StrongroomError {
  if (error instanceof StrongroomError) return error;
  const { statusCode: status, code, details, name, message } = error as SdkError;
  const azureCode = details?.errorCode ?? code ?? name ?? 'unknown';
  const text = `${what}: ${status === undefined ? withoutQueries(firstLine(message)) : `${status} ${azureCode}`}`;
  const more = { cause: error, details: { status: String(status ?? ''), code: azureCode } };
  if (name === 'AbortError') return new StrongroomError('CANCELLED', `${what}: cancelled`, more);
  if (status === 404) return new StrongroomError('NOT_FOUND', text, more);
  if (status === 409 || status === 412) return new StrongroomError('ALREADY_EXISTS', text, more);
  // Broken connections and missing tokens have a code or a name of their own; a bare Error is an SDK's own refusal.
  const unavailable =
    status === undefined ? Boolean(code) || name !== 'Error' : [408, 429].includes(status) || status >= 500;
  return new StrongroomError(unavailable ? 'AZURE_UNAVAILABLE' : 'AZURE_REFUSED', text, more);
}

/** Runs an SDK call; what it throws leaves as {@link storageError}. */
export async function storageCall<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw storageError(error, what);
  }
}

function firstLine(message: string | undefined): string {
  return message?.split('\n')[0] ?? 'no answer';
}
