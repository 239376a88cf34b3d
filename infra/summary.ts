import { siteDiskAccesses } from '../model/site/endpoints.ts';
import { repositoriesOf, type Environment, type SiteConfig } from '../model/site/environment.ts';
import { siteKey, siteLayout } from '../model/site/layout.ts';
import { siteNetwork } from '../model/site/network.ts';

/** What an operator wants to know of a site; an output of the stack. */
export function summaryOf(environment: Environment, site: SiteConfig) {
  const { resourceGroup, account } = siteLayout(siteKey(environment, site));
  return {
    subscriptionId: site.subscriptionId,
    region: site.region,
    /** False: the first session there makes what it needs. */
    declared: site.declared,
    resourceGroup: resourceGroup.name,
    network: siteNetwork(environment, site).id,
    account: account.name,
    diskAccesses: siteDiskAccesses(environment, site).map(({ name }) => name),
    repositories: repositoriesOf(environment, site).map(({ name }) => name),
  };
}
