import type { ServerResponse } from 'node:http';
import type { ArmResource, ResourceStore } from '../arm/types.ts';
import { inRange } from '../core/addresses.ts';
import type { Origin } from '../core/types.ts';

/** A rule of `ipSecurityRestrictions`. */
interface Restriction {
  action?: string;
  priority?: number;
  /** A range, `Any`, or with `tag: ServiceTag` the name of a tag, which no origin here has. */
  ipAddress?: string;
  vnetSubnetResourceId?: string;
  tag?: string;
}

/**
 * Whether App Service refuses what comes from an origin ("App Service access restrictions"): private endpoints of the site
 * are let in; on the public side the site must be public, and the first rule that fits decides, by priority. A site that
 * nobody made public or private is public until it has a private endpoint.
 * @returns the address that is refused; undefined: the request goes on
 */
export function forbiddenOrigin(store: ResourceStore, site: ArmResource, origin: Origin): string | undefined {
  const { privateLink, address } = origin;
  if (privateLink) {
    const leadsHere = privateLink.targetId.toLowerCase() === site.id.toLowerCase();
    return leadsHere && privateLink.approved ? undefined : address;
  }
  if (!isPublic(store, site)) return address;
  const config = store.get(`${site.id}/config/web`)?.properties ?? {};
  const rules = (config.ipSecurityRestrictions ?? []) as Restriction[];
  const ordered = rules.toSorted((a, b) => (a.priority ?? Infinity) - (b.priority ?? Infinity));
  const deciding = ordered.find((rule) => covers(rule, origin));
  // With rules and no word on the rest, the rest is denied.
  const otherwise = config.ipSecurityRestrictionsDefaultAction ?? (rules.length > 0 ? 'Deny' : 'Allow');
  return (deciding?.action ?? otherwise) === 'Deny' ? address : undefined;
}

function isPublic(store: ResourceStore, { id, properties }: ArmResource): boolean {
  const said = properties?.publicNetworkAccess;
  if (said === 'Enabled' || said === 'Disabled') return said === 'Enabled';
  return store.list({ type: 'Microsoft.Web/sites/privateEndpointConnections', under: id }).length === 0;
}

function covers({ ipAddress, vnetSubnetResourceId, tag }: Restriction, { address, subnetId }: Origin): boolean {
  if (vnetSubnetResourceId !== undefined) return vnetSubnetResourceId.toLowerCase() === subnetId?.toLowerCase();
  if (ipAddress === undefined || tag === 'ServiceTag') return false;
  if (ipAddress.toLowerCase() === 'any') return true;
  return ipAddress.split(',').some((range) => inRange(address, range.trim()));
}

/** App Service's answer to an address that may not come. */
export function refuseOrigin(response: ServerResponse, address: string): void {
  const body = '<h1>Error 403 - Forbidden</h1><p>The web app you have attempted to reach has blocked your access.</p>';
  response.writeHead(403, 'Ip Forbidden', { 'content-type': 'text/html', 'x-ms-forbidden-ip': address }).end(body);
}
