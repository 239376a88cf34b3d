import { withLinks } from '../../access/links.ts';
import { webVersions } from './apiVersions.ts';
import type { ArmCall, ArmReply, Provider } from '../../types.ts';
import { webLinks } from './links.ts';
import { privateLinkResources, siteConnections } from './privateLink.ts';
import { publishingPolicies } from './publishingPolicies.ts';
import { serverFarms } from './serverFarms.ts';
import { configType, siteConfig } from './siteConfig.ts';
import { sites } from './sites.ts';

/** Authentication settings have a GET …/list beside their GET (Web Apps - Get Auth Settings V2). */
function authSettingsList(call: ArmCall): ArmReply | undefined {
  if (call.method !== 'GET' || call.path.type !== `${configType}/list`) return undefined;
  const id = call.path.id.replace(/\/list$/i, '');
  return id.toLowerCase().endsWith('/authsettingsv2') ? { status: 200, body: call.world.store.require(id) } : undefined;
}

/** Microsoft.Web: plans, sites and their configuration. */
export const web: Provider = {
  namespace: 'Microsoft.Web',
  apiVersions: webVersions,
  types: withLinks([serverFarms, sites, siteConfig, publishingPolicies, siteConnections], webLinks),
  other: (call) => authSettingsList(call) ?? privateLinkResources(call),
};
