import { setTimeout as wait } from 'node:timers/promises';
import { StrongroomError } from '../../model/errors.ts';
import { resourcePool, type Holding } from '../../model/leases.ts';
import { elapsed, timing } from '../../model/timing.ts';
import type { Appliance } from '../appliance.ts';
import type { Durable } from '../durable.ts';

/** How long the lease entity may take to answer, and how often it is asked meanwhile. */
const ANSWER_MS = 20_000;
const LOOK_MS = 100;
const ASK_AGAIN_MS = 2_000;

/**
 * Takes a resource's lease for a session. Race-free: the entity decides, and only the owner that it names may start.
 * A lease whose session is over (its host died before it could release) is freed.
 * @param doing in words: `backed up`
 * @throws RESOURCE_BUSY (details name the session in the way), AZURE_UNAVAILABLE
 */
export async function takeAlone(
  appliance: Appliance,
  durable: Durable,
  { session, resourceId, doing }: { session: string; resourceId: string; doing: string },
): Promise<void> {
  const { key, takes } = resourcePool(resourceId);
  const request = { owner: session, takes, wait: false, at: appliance.now() };
  await durable.acquire(key, request);
  for (let waited = 0; waited < ANSWER_MS; waited += LOOK_MS) {
    const [owner, holding] = Object.entries((await durable.leases(key))?.holders ?? {})[0] ?? [];
    if (owner === session) return;
    if (owner && holding) {
      if (!(await isDead(appliance, durable, owner, holding))) throw busy(resourceId, doing, owner);
      await durable.release(key, { owner });
      await durable.acquire(key, request);
    } else if (waited > 0 && waited % ASK_AGAIN_MS === 0) {
      await durable.acquire(key, request); // whoever was in the way when it was asked first has gone
    }
    await wait(LOOK_MS);
  }
  throw new StrongroomError('AZURE_UNAVAILABLE', `The lease of ${resourceId} could not be taken in time. Try again.`);
}

/** A session that has no orchestration may be about to start: it counts as dead only after a while. */
async function isDead(appliance: Appliance, durable: Durable, owner: string, { since }: Holding): Promise<boolean> {
  const status = await durable.status(owner);
  if (status === 'absent') return elapsed(since, new Date(appliance.now())) > timing.leaseWithoutSession;
  return status === 'ended';
}

function busy(resourceId: string, doing: string, session: string): StrongroomError {
  return new StrongroomError('RESOURCE_BUSY', `${resourceId} is already being ${doing} by session ${session}.`, {
    details: { session },
  });
}
