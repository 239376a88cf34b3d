import { mayRead } from '../../access/authorize.ts';
import type { ArmCall, ArmReply, ArmResource } from '../../types.ts';
import { resourceFilter } from './filter.ts';

/** Types that have a location, yet are no tracked resources. */
const hidden = new Set([
  'microsoft.resources/resourcegroups',
  'microsoft.keyvault/vaults/keys',
  'microsoft.keyvault/vaults/secrets',
]);

/** A resource as the generic list shows it: no properties but those asked for by `$expand`. */
function summary({ world }: ArmCall, resource: ArmResource, expand: string[]): Record<string, unknown> {
  const { id, name, type, location, tags, kind, sku, identity, zones, managedBy, plan } = resource;
  const all = { id, name, type, location, tags, kind, sku, identity, zones, managedBy, plan };
  const shown = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  if (expand.includes('provisioningstate')) {
    shown.provisioningState = resource.properties?.provisioningState ?? 'Succeeded';
  }
  const times = world.store.times(id);
  if (expand.includes('createdtime')) shown.createdTime = times?.createdTime;
  if (expand.includes('changedtime')) shown.changedTime = times?.changedTime;
  return shown;
}

/** `GET …/resources` of a subscription or a group: everything with a location, filtered. Pages are the router's. */
export function listResources(call: ArmCall): ArmReply | undefined {
  const { type, subscriptionId, resourceGroup } = call.path;
  const kind = type.split('/').at(-1)!.toLowerCase();
  if (call.method !== 'GET' || kind !== 'resources') return undefined;
  const group = resourceGroup && `/resourceGroups/${resourceGroup}`;
  const matches = resourceFilter(call.query.get('$filter'));
  const expand = (call.query.get('$expand') ?? '')
    .toLowerCase()
    .split(',')
    .map((word) => word.trim());
  const value = call.world.store
    .under(`/subscriptions/${subscriptionId}${group}`)
    .filter((r) => r.location !== undefined && !hidden.has(r.type.toLowerCase()) && matches(r) && mayRead(call, r))
    .map((resource) => summary(call, resource, expand));
  return { status: 200, body: { value } };
}
