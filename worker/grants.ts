import { StrongroomError } from '../model/errors.ts';

/** The export URLs of a job: secrets, kept in memory only. */
export interface Urls {
  sas: string;
  /** Of the base snapshot, when there is a comparison. */
  baseSas: string | null;
}

/** So many grants in a row that open nothing mean that another would not either. */
const MOST_RENEWALS = 3;

/** A job's export URLs, and their renewal while the job goes on where it was. */
export interface Grants {
  /**
   * Runs `work` with the current URLs. When they have expired, asks for fresh ones (once, however many reads fail at
   * the same time), waits for them and runs `work` again.
   * @throws SAS_EXPIRED when no fresh URLs come in time or they do not open the disk either
   */
  use<T>(work: (urls: Urls) => Promise<T>): Promise<T>;
  /** Fresh URLs have come. */
  renew(urls: Urls): void;
}

export function grants(options: {
  urls: Urls;
  /** Tells the appliance that the URLs have expired. */
  ask: () => Promise<void>;
  /** How long fresh URLs are waited for, milliseconds. */
  patience: number;
  signal: AbortSignal;
}): Grants {
  const { ask, patience, signal } = options;
  let current = options.urls;
  let waiting: { promise: Promise<void>; done: () => void } | undefined;

  function renewal(): Promise<void> {
    if (waiting) return waiting.promise;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = (how: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      waiting = undefined;
      how();
    };
    const onAbort = () => end(() => reject(signal.reason as Error));
    const late = new StrongroomError('SAS_EXPIRED', 'No fresh export URL came in time.', { retryable: true });
    const timer = setTimeout(() => end(() => reject(late)), patience);
    signal.addEventListener('abort', onAbort);
    waiting = { promise, done: () => end(resolve) };
    ask().catch(() => {});
    return promise;
  }

  return {
    async use(work) {
      for (let renewals = 0; ; renewals++) {
        const urls = current;
        try {
          return await work(urls);
        } catch (error) {
          const expired = error instanceof StrongroomError && error.code === 'SAS_EXPIRED';
          if (!expired || renewals === MOST_RENEWALS) throw error;
          signal.throwIfAborted();
          if (current === urls) await renewal();
        }
      }
    },
    renew(urls) {
      current = urls;
      waiting?.done();
    },
  };
}
