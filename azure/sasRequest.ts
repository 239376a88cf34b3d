import { setTimeout as sleep } from 'node:timers/promises';
import { StrongroomError } from '../model/errors.ts';
import { withHint } from './storageErrors.ts';

/** Answers of the pinned version page their lists by marker (Get Page Ranges: since 2020-10-02). */
const VERSION = '2021-12-02';
/** Export and upload URLs of managed disks (azure-facts 3). Nothing else is ever asked with a disk's SAS. */
const diskUrl = /^https:\/\/md-[a-z0-9-]+(\.[a-z0-9]+)?\.blob\.(storage\.azure\.net|core\.windows\.net)\//;

const ATTEMPTS = 7;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 20_000;
/** A request that takes longer is hung: 4 MiB even at 1 MiB/s take four seconds. */
const REQUEST_TIMEOUT_MS = 100_000;

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface SasRequest {
  method: 'GET' | 'HEAD' | 'PUT';
  /** Appended to the SAS, whose own query stays as it is: parts of it are signed. */
  comp?: 'pagelist' | 'page';
  query?: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
}

/** Sends requests to one disk's SAS URL. */
export interface SasSender {
  /** Host and path: for messages. */
  readonly name: string;
  /**
   * Sends, and reads the answer with `read`; both are tried again with jitter on 408, 429, 5xx and broken connections.
   * @throws SAS_EXPIRED (403 AuthenticationFailed), AZURE_REFUSED (other 4xx; details carry `status` and `code`),
   * AZURE_UNAVAILABLE (still failing after all attempts). No message carries the query.
   */
  send<T>(request: SasRequest, signal: AbortSignal | undefined, read: (response: Response) => Promise<T>): Promise<T>;
}

/** @throws INVALID_INPUT when the URL is not one of a managed disk's blob. */
export function sasSender(sas: string, fetch: Fetch = globalThis.fetch): SasSender {
  const url = URL.canParse(sas) ? new URL(sas) : undefined;
  if (!url || !diskUrl.test(sas)) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `"${url?.origin ?? '(no URL)'}" is not the blob of a managed disk's export.`,
    );
  }
  const name = `${url.host}${url.pathname}`;

  async function once<T>(request: SasRequest, signal: AbortSignal | undefined, read: (r: Response) => Promise<T>) {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const comp = request.comp ? `&comp=${request.comp}${request.query ?? ''}` : '';
    const response = await fetch(sas + comp, {
      method: request.method,
      headers: { 'x-ms-version': VERSION, ...request.headers },
      body: request.body as RequestInit['body'],
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) throw await refusal(name, request, response);
    return read(response);
  }

  return {
    name,
    async send(request, signal, read) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(request, signal, read);
        } catch (error) {
          signal?.throwIfAborted();
          const failure =
            error instanceof StrongroomError ? error : brokenOff(`${request.method} ${name}`, url.host, error);
          if (!failure.retryable || attempt === ATTEMPTS) throw failure;
          const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
          await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal });
        }
      }
    },
  };
}

/** Storage names its error in a header, and in the XML body of all but HEAD. */
async function refusal(name: string, request: SasRequest, response: Response): Promise<StrongroomError> {
  const host = name.split('/')[0]!;
  const body = await response.text().catch(() => '');
  const code = response.headers.get('x-ms-error-code') ?? /<Code>([^<]+)<\/Code>/.exec(body)?.[1] ?? '';
  const what =
    `${request.method} ${name}${request.comp ? ` (${request.comp})` : ''}: ${response.status} ${code}`.trimEnd();
  const details = { status: String(response.status), code };
  const { status } = response;
  if (status === 408 || status === 429 || status >= 500)
    return new StrongroomError('AZURE_UNAVAILABLE', what, { details });
  // A HEAD's refusal may carry no code: a disk URL refuses with 403 for no other reason that a new grant would not cure.
  if (status === 403 && (code === '' || code === 'AuthenticationFailed')) {
    return new StrongroomError('SAS_EXPIRED', `${what}. The export URL no longer opens the disk.`, { details });
  }
  return new StrongroomError('AZURE_REFUSED', withHint(what, 'AZURE_REFUSED', details, host), { details });
}

/** fetch hides the cause of a broken connection one level down. Its messages name hosts, never queries. */
function brokenOff(what: string, host: string, error: unknown): StrongroomError {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { message = 'no reason given', code = '' } = inner as { message?: string; code?: string };
  const details = { status: '', code };
  const said = `${what} broke off: ${message.split('?')[0]}.`;
  return new StrongroomError('AZURE_UNAVAILABLE', withHint(said, 'AZURE_UNAVAILABLE', details, host), { details });
}
