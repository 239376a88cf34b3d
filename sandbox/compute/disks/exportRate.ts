import type { Clock } from '../../core/types.ts';
import { BlobError } from './blobError.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** What one disk's or snapshot's data plane gives. */
export interface Rate {
  bytesPerSecond: number;
  requestsPerSecond: number;
}

/** `tier`: what the Standard HDD of the disk's size gives (Scalability and performance targets for VM disks). */
export type ExportRate = 'unlimited' | 'tier' | Rate;

/** Up to which size a Standard HDD tier goes: S4 to S50 are alike, then S60, S70 and S80. */
const TIERS = [
  { upTo: 4096 * GIB, rate: { bytesPerSecond: 60 * MIB, requestsPerSecond: 500 } },
  { upTo: 8192 * GIB, rate: { bytesPerSecond: 300 * MIB, requestsPerSecond: 1300 } },
  { upTo: Infinity, rate: { bytesPerSecond: 500 * MIB, requestsPerSecond: 2000 } },
];

interface Bucket {
  bytes: number;
  requests: number;
  at: number;
}

/** The throttle in front of the disks' data. */
export interface ExportThrottle {
  /** Gives one disk or snapshot a rate of its own; undefined takes that back. */
  set(id: string, rate: ExportRate | undefined): void;
  /**
   * Takes a request and its bytes from what the disk has left; a second's worth is there at the start.
   * @throws BlobError 503 ServerBusy
   */
  admit(id: string, sizeBytes: number, bytes: number): void;
}

/** @param general the rate, at this moment, of all that have none of their own */
export function createExportThrottle(clock: Pick<Clock, 'now'>, general: () => ExportRate): ExportThrottle {
  const own = new Map<string, ExportRate>();
  const buckets = new Map<string, Bucket>();

  const rateOf = (id: string, sizeBytes: number): Rate | undefined => {
    const rate = own.get(id) ?? general();
    if (rate === 'unlimited') return undefined;
    return rate === 'tier' ? TIERS.find(({ upTo }) => sizeBytes <= upTo)!.rate : rate;
  };

  return {
    set(id, rate) {
      const key = id.toLowerCase();
      if (rate === undefined) own.delete(key);
      else own.set(key, rate);
      buckets.delete(key);
    },
    admit(id, sizeBytes, bytes) {
      const key = id.toLowerCase();
      const rate = rateOf(key, sizeBytes);
      if (!rate) return;
      const now = clock.now();
      const { bytesPerSecond, requestsPerSecond } = rate;
      const mostRequests = Math.max(1, requestsPerSecond);
      const before = buckets.get(key) ?? { bytes: bytesPerSecond, requests: mostRequests, at: now };
      const seconds = Math.max(0, now - before.at) / 1000;
      const left = {
        bytes: Math.min(bytesPerSecond, before.bytes + seconds * bytesPerSecond),
        requests: Math.min(mostRequests, before.requests + seconds * requestsPerSecond),
        at: now,
      };
      buckets.set(key, left);
      // A read may be larger than a second's worth: it is let in when anything is left, and leaves a debt.
      if (left.requests < 1 || left.bytes <= 0) {
        throw new BlobError(
          503,
          'ServerBusy',
          'The server is currently unable to receive requests. Please retry your request.',
        );
      }
      left.requests -= 1;
      left.bytes -= bytes;
    },
  };
}
