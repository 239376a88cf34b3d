import type { BackupInput } from '../../model/activities.ts';
import type { BackupRequest } from '../../model/api.ts';
import { resourcePool } from '../../model/leases.ts';
import { sessionId } from '../../model/names.ts';
import { parseResourceId, parseResourceIdOf } from '../../model/resourceId.ts';
import { exportLimits } from '../../model/exports.ts';
import { repositoryTarget, workerSite } from '../../model/site/repositories.ts';
import type { Appliance } from '../appliance.ts';
import type { Durable } from '../durable.ts';
import { startSession } from './startSession.ts';
import { takeAlone } from './takeAlone.ts';

/**
 * Starts a backup of a virtual machine and gives the session's id.
 * @throws INVALID_INPUT, NOT_FOUND (no such machine), UNSUPPORTED (no site there), RESOURCE_BUSY (details name the session in the way)
 */
export async function startBackup(
  appliance: Appliance,
  durable: Durable,
  { resourceId, repository: name, changeTracking }: BackupRequest,
): Promise<string> {
  parseResourceIdOf('Microsoft.Compute/virtualMachines', resourceId);
  const { environment, settings, sessions } = appliance;
  const { id, location } = await appliance.machines.get(resourceId);
  const place = { subscriptionId: parseResourceId(id).subscriptionId, region: location };
  const repository = repositoryTarget(environment, name, place);
  workerSite(environment, place, repository.url);
  const started = appliance.now();
  const session = sessionId('backup', started, appliance.random(4));
  try {
    await takeAlone(appliance, durable, { session, resourceId: id, doing: 'backed up' });
    await sessions.create({ id: session, kind: 'backup', state: 'queued', resourceId: id, started, updated: started });
    const input: BackupInput = {
      session,
      resourceId: id,
      repository,
      tracking: changeTracking === false ? 'checksum' : 'cbt',
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
