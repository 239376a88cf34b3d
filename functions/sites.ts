import { StrongroomError } from '../model/errors.ts';
import { siteLayout, type SiteKey } from '../model/site.ts';
import type { Appliance } from './appliance.ts';

/** @throws UNSUPPORTED when nothing of the appliance stands where a worker would have to run */
export async function requireSite({ machines }: Pick<Appliance, 'machines'>, site: SiteKey): Promise<void> {
  if (await machines.diskAccessExists(siteLayout(site).diskAccesses[0]!.id)) return;
  throw new StrongroomError(
    'UNSUPPORTED',
    `There is no site in ${site.region} of subscription ${site.subscriptionId}. Add it to the Pulumi program and deploy.`,
  );
}
