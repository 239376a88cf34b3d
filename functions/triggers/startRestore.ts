import type { RestoreInput } from '../../model/activities.ts';
import { restoreTarget, type RestoreRequest } from '../../model/api.ts';
import { StrongroomError } from '../../model/errors.ts';
import { sessionId } from '../../model/names.ts';
import type { DiskPoint } from '../../model/point.ts';
import { exportLimits } from '../../model/exports.ts';
import { workerSite } from '../../model/site/repositories.ts';
import type { Appliance } from '../appliance.ts';
import type { Durable } from '../durable.ts';
import { startSession } from './startSession.ts';

/**
 * Starts a restore of a point's disks to new managed disks and gives the session's id.
 * @throws INVALID_INPUT (a disk that the point does not have, a malformed group), NOT_FOUND (no such point or group),
 * UNSUPPORTED (no site there)
 */
export async function startRestore(appliance: Appliance, durable: Durable, request: RestoreRequest): Promise<string> {
  const target = restoreTarget(request);
  const point = await appliance.points.find(request.point);
  if (!point) {
    throw new StrongroomError(
      'NOT_FOUND',
      `There is no restore point "${request.point}". GET /api/restore-points lists them.`,
    );
  }
  const disks = chosen(point.disks, request.disks);
  if (!(await appliance.disks.groupExists(target.subscriptionId, target.resourceGroup))) {
    const { subscriptionId, resourceGroup } = target;
    throw new StrongroomError(
      'NOT_FOUND',
      `There is no resource group ${resourceGroup} in subscription ${subscriptionId}.`,
    );
  }
  const { environment, settings, sessions } = appliance;
  const place = { subscriptionId: target.subscriptionId, region: disks[0]!.properties.location };
  const site = workerSite(environment, place, point.repository);
  const started = appliance.now();
  const session = sessionId('restore', started, appliance.random(4));
  const input: RestoreInput = {
    session,
    point: request.point,
    resourceId: point.resourceId,
    repository: { url: point.repository, keyId: settings.STRONGROOM_KEY_ID },
    workers: settings.STRONGROOM_WORKERS_PER_SITE,
    limits: exportLimits(environment),
    site,
    target,
    disks: disks.map(({ key, name, size }) => ({ key, name, size })),
  };
  const { resourceId } = point;
  await sessions.create({
    id: session,
    kind: 'restore',
    state: 'queued',
    resourceId,
    point: request.point,
    started,
    updated: started,
  });
  await startSession(appliance, durable, 'restoreDisks', input);
  return session;
}

function chosen(disks: DiskPoint[], keys: string[] | undefined): DiskPoint[] {
  if (!keys) return disks;
  return [...new Set(keys)].map((key) => {
    const disk = disks.find((candidate) => candidate.key === key);
    if (disk) return disk;
    const known = disks.map((candidate) => candidate.key).join(', ');
    throw new StrongroomError('INVALID_INPUT', `The point has no disk "${key}". Its disks: ${known}.`);
  });
}
