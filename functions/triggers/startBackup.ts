import { setTimeout as wait } from 'node:timers/promises';
import type { BackupInput } from '../../model/activities.ts';
import type { BackupRequest } from '../../model/api.ts';
import { StrongroomError } from '../../model/errors.ts';
import { resourcePool, type Holding } from '../../model/leases.ts';
import { sessionId } from '../../model/names.ts';
import { parseResourceId, parseResourceIdOf } from '../../model/resourceId.ts';
import { exportLimits } from '../../model/exports.ts';
import { repositoryTarget, workerSite } from '../../model/site/repositories.ts';
import { elapsed, timing } from '../../model/timing.ts';
import type { Appliance } from '../appliance.ts';
import type { Durable } from '../durable.ts';
import { startSession } from './startSession.ts';

/** How long the lease entity may take to answer, and how often it is asked meanwhile. */
const ANSWER_MS = 20_000;
const LOOK_MS = 100;
const ASK_AGAIN_MS = 2_000;

/**
 * Starts a backup of a virtual machine and gives the session's id.
 * @throws INVALID_INPUT, NOT_FOUND (no such machine), UNSUPPORTED (no site there), RESOURCE_BUSY (details name the session in the way)
 */
export async function startBackup(
  appliance: Appliance,
  durable: Durable,
  { resourceId, repository: name }: BackupRequest,
): Promise<string> {
  parseResourceIdOf('Microsoft.Compute/virtualMachines', resourceId);
  const { environment, settings, sessions } = appliance;
  const repository = repositoryTarget(environment, name);
  const { id, location } = await appliance.machines.get(resourceId);
  workerSite(environment, { subscriptionId: parseResourceId(id).subscriptionId, region: location }, repository.url);
  const started = appliance.now();
  const session = sessionId('backup', started, appliance.random(4));
  try {
    await takeMachine(appliance, durable, id, session);
    await sessions.create({ id: session, kind: 'backup', state: 'queued', resourceId: id, started, updated: started });
    const input: BackupInput = {
      session,
      resourceId: id,
      repository,
      workers: settings.STRONGROOM_WORKERS_PER_SITE,
      limits: exportLimits(environment),
    };
    await startSession(appliance, durable, 'backupVm', input);
    return session;
  } catch (error) {
    await durable.release(resourcePool(id).key, { owner: session });
    throw error;
  }
}

/**
 * Takes the machine's lease for the session. Race-free: the entity decides, and only the owner that it names may start.
 * A lease whose session is over (its host died before it could release) is freed.
 */
async function takeMachine(appliance: Appliance, durable: Durable, resourceId: string, session: string): Promise<void> {
  const { key, takes } = resourcePool(resourceId);
  const request = { owner: session, takes, wait: false, at: appliance.now() };
  await durable.acquire(key, request);
  for (let waited = 0; waited < ANSWER_MS; waited += LOOK_MS) {
    const [owner, holding] = Object.entries((await durable.leases(key))?.holders ?? {})[0] ?? [];
    if (owner === session) return;
    if (owner && holding) {
      if (!(await isDead(appliance, durable, owner, holding))) throw busy(resourceId, owner);
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

function busy(resourceId: string, session: string): StrongroomError {
  return new StrongroomError('RESOURCE_BUSY', `${resourceId} is already being backed up by session ${session}.`, {
    details: { session },
  });
}
