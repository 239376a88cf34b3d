import type { PassedCheck } from '../../azure/tables/siteChecks.ts';
import { errorInfo, StrongroomError } from '../../model/errors.ts';
import { placeKey, sitesOf, type SiteConfig } from '../../model/site/environment.ts';
import { siteView, type SiteView } from '../../model/site/view.ts';
import { withWayOut } from '../../model/site/wayOut.ts';
import type { Appliance } from '../appliance.ts';
import { inParallel } from '../inParallel.ts';
import { inspectSite } from '../sites.ts';

/** `tried`: when a worker last tried the site out and found it well, and in which session; null: never. */
type TriedSite = SiteView & { tried: PassedCheck | null };

/** A site that could not be looked at does not hide the others. */
export type SiteAnswer = TriedSite | (Pick<SiteView, 'subscriptionId' | 'region' | 'checked'> & { error: object });

/** Sites looked at side by side: Resource Manager limits how much may be read at once. */
const AT_ONCE = 4;

/** All sites, piece by piece. */
export function listSites(appliance: Appliance): Promise<SiteAnswer[]> {
  return inParallel(AT_ONCE, sitesOf(appliance.environment), async (site): Promise<SiteAnswer> => {
    try {
      return await viewOf(appliance, site);
    } catch (error) {
      const { subscriptionId, region } = site;
      return { subscriptionId, region, checked: appliance.now(), error: withWayOut(errorInfo(error)) };
    }
  });
}

/** @throws NOT_FOUND when the environment has no such site */
export async function getSite(appliance: Appliance, subscriptionId: string, region: string): Promise<TriedSite> {
  return viewOf(appliance, siteOfPath(appliance, subscriptionId, region));
}

/** The site that a path names, in any case. @throws NOT_FOUND when the environment has none such */
export function siteOfPath({ environment }: Appliance, subscriptionId: string, region: string): SiteConfig {
  const all = sitesOf(environment);
  const wanted = placeKey({ subscriptionId, region: region.toLowerCase() });
  const site = all.find((one) => placeKey(one) === wanted);
  if (site) return site;
  const known = all.map((one) => `${one.subscriptionId}/${one.region}`).join(', ');
  throw new StrongroomError('NOT_FOUND', `There is no site ${subscriptionId}/${region}. Sites: ${known}.`);
}

async function viewOf(appliance: Appliance, site: SiteConfig): Promise<TriedSite> {
  const [inspection, tried] = await Promise.all([inspectSite(appliance, site), appliance.siteChecks.find(site)]);
  return { ...siteView(appliance.environment, site, inspection, appliance.now()), tried: tried ?? null };
}
