import { StrongroomError, withoutQueries, type ErrorCode } from '../model/errors.ts';
import { faultOf, reachHint } from '../model/reach.ts';

/** What the storage, queue and vault SDKs throw, as far as it is read here. */
interface SdkError {
  statusCode?: number;
  code?: string;
  name?: string;
  message?: string;
  /** Storage: `errorCode`. Key Vault: says Forbidden, and why in the inner error. */
  details?: { errorCode?: string; error?: { innerError?: { code?: string } } };
}

/**
 * An SDK's error in the product's words: 404 `NOT_FOUND`; 409, 412 and a refused overwrite `ALREADY_EXISTS`; 408, 429,
 * 5xx and no answer at all `AZURE_UNAVAILABLE`; the rest `AZURE_REFUSED`. Details carry `status` and Azure's `code`. What
 * the network or a role refuses says where to look.
 * @param what names the operation and its target, without a query
 */
export function storageError(error: unknown, what: string): StrongroomError {
  if (error instanceof StrongroomError) return error;
  const { statusCode: status, code, details, name, message } = error as SdkError;
  const azureCode = details?.errorCode ?? details?.error?.innerError?.code ?? code ?? name ?? 'unknown';
  const said = `${what}: ${status === undefined ? withoutQueries(firstLine(message)) : `${status} ${azureCode}`}`;
  const more = { cause: error, details: { status: String(status ?? ''), code: azureCode } };
  if (name === 'AbortError') return new StrongroomError('CANCELLED', `${what}: cancelled`, more);
  if (status === 404) return new StrongroomError('NOT_FOUND', said, more);
  // Who may add blobs and not overwrite them is told so, whatever the condition (Put Blob, authorization).
  const taken = status === 409 || status === 412 || azureCode === 'UnauthorizedBlobOverwrite';
  if (taken) return new StrongroomError('ALREADY_EXISTS', said, more);
  // Broken connections and missing tokens have a code or a name of their own; a bare Error is an SDK's own refusal.
  const unavailable =
    status === undefined ? Boolean(code) || name !== 'Error' : [408, 429].includes(status) || status >= 500;
  const category = unavailable ? 'AZURE_UNAVAILABLE' : 'AZURE_REFUSED';
  const host = /https:\/\/([^/\s]+)/.exec(what)?.[1];
  return new StrongroomError(category, host ? withHint(said, category, more.details, host) : said, more);
}

/** Adds where to look to what the network or a role refused. */
export function withHint(
  said: string,
  code: ErrorCode,
  details: { status: string; code: string },
  host: string,
): string {
  const hint = reachHint(faultOf({ code, details }), host);
  return hint ? `${said.replace(/\.$/, '')}. ${hint}` : said;
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
