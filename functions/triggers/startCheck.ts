import type { CheckInput } from '../../model/activities.ts';
import { exportLimits } from '../../model/exports.ts';
import { resourcePool } from '../../model/leases.ts';
import { sessionId } from '../../model/names.ts';
import { siteAt, type Place } from '../../model/site/environment.ts';
import { siteKey, siteLayout } from '../../model/site/layout.ts';
import type { Appliance } from '../appliance.ts';
import type { Durable } from '../durable.ts';
import { startSession } from './startSession.ts';
import { takeAlone } from './takeAlone.ts';

/**
 * Starts a check of a site and gives the session's id.
 * @throws UNSUPPORTED (no site there), RESOURCE_BUSY (details name the session that checks it)
 */
export async function startCheck(appliance: Appliance, durable: Durable, place: Place): Promise<string> {
  const { environment, settings, sessions } = appliance;
  const site = siteKey(environment, siteAt(environment, place));
  const resourceId = siteLayout(site).resourceGroup.id;
  const started = appliance.now();
  const session = sessionId('check', started, appliance.random(4));
  try {
    await takeAlone(appliance, durable, { session, resourceId, doing: 'checked' });
    await sessions.create({ id: session, kind: 'check', state: 'queued', resourceId, started, updated: started });
    const workers = settings.STRONGROOM_WORKERS_PER_SITE;
    const input: CheckInput = { session, site, workers, limits: exportLimits(environment) };
    await startSession(appliance, durable, 'checkSite', input);
    return session;
  } catch (error) {
    await durable.release(resourcePool(resourceId).key, { owner: session });
    throw error;
  }
}
