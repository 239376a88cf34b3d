import type { OrchestrationContext } from 'durable-functions';
import { StrongroomError } from '../../model/errors.ts';
import { resourcePool } from '../../model/leases.ts';
import { releaseLease, tryLease } from './lease.ts';
import type { Steps } from './steps.ts';

/**
 * Runs steps as the only session that works on a resource. The API took the lease already; without it nothing is touched.
 * @param doing in words: `backed up`
 * @throws RESOURCE_BUSY, with the other session in its details
 */
export function* alone<T>(
  context: OrchestrationContext,
  { session, resourceId, doing }: { session: string; resourceId: string; doing: string },
  steps: Steps<T>,
): Steps<T> {
  const lease = { pool: resourcePool(resourceId), owner: session };
  const { members, owners } = yield* tryLease(context, lease);
  if (members === null) {
    const details = { session: owners[0] ?? '' };
    throw new StrongroomError('RESOURCE_BUSY', `${resourceId} is being ${doing} by session ${owners[0]}.`, { details });
  }
  try {
    return yield* steps;
  } finally {
    yield* releaseLease(context, lease);
  }
}
