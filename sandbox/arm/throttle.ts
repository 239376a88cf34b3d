import type { Clock } from '../core/types.ts';
import { ArmError } from './types.ts';

/** Bucket size and refill per second of one kind of request. */
export interface RequestLimit {
  bucket: number;
  perSecond: number;
}

/** ARM's limits for one principal in one subscription (request-limits-and-throttling). */
export const defaultLimits: Record<RequestKind, RequestLimit> = {
  reads: { bucket: 250, perSecond: 25 },
  writes: { bucket: 200, perSecond: 10 },
  deletes: { bucket: 200, perSecond: 10 },
};

export type RequestKind = 'reads' | 'writes' | 'deletes';

function kindOf(method: string): RequestKind {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

/** Token buckets by subscription, principal and kind of request. */
export function createThrottle(clock: Clock, limits: Record<RequestKind, RequestLimit>) {
  const buckets = new Map<string, { tokens: number; at: number }>();

  return {
    /**
     * Takes one request from its bucket.
     * @returns the header that says how many are left
     * @throws ArmError 429 with Retry-After
     */
    take(method: string, subscriptionId: string, principalId: string): Record<string, string> {
      const kind = kindOf(method);
      const { bucket, perSecond } = limits[kind];
      const key = `${subscriptionId.toLowerCase()}/${principalId}/${kind}`;
      const now = clock.now();
      const { tokens, at } = buckets.get(key) ?? { tokens: bucket, at: now };
      const filled = Math.min(bucket, tokens + (Math.max(0, now - at) / 1000) * perSecond);
      const header = `x-ms-ratelimit-remaining-${subscriptionId ? 'subscription' : 'tenant'}-${kind}`;
      if (filled < 1) {
        const seconds = Math.ceil((1 - filled) / perSecond);
        throw new ArmError(
          429,
          'SubscriptionRequestsThrottled',
          `Number of '${kind.slice(0, -1)}' requests for subscription '${subscriptionId}' actor '${principalId}' exceeded. ` +
            `Please try again after '${seconds}' seconds after additional tokens are available. ` +
            'Refer to https://aka.ms/arm-throttling for additional information.',
          { headers: { 'Retry-After': String(seconds), [header]: '0' } },
        );
      }
      buckets.set(key, { tokens: filled - 1, at: now });
      return { [header]: String(Math.floor(filled - 1)) };
    },
  };
}

export type Throttle = ReturnType<typeof createThrottle>;
