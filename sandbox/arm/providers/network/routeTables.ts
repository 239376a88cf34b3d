import { bodyOf, oneOf, patchTags, required, tracked } from '../../resource.ts';
import { ArmError, type ResourceType } from '../../types.ts';
import { inlineChildren, type Child } from './children.ts';
import { routeTableInUse } from './errors.ts';
import { nameRule } from './names.ts';
import { subnetType } from './subnets.ts';
import { newEtag, references, remove, usersOf, write } from './written.ts';

const type = 'Microsoft.Network/routeTables';

const hops = ['VirtualNetworkGateway', 'VnetLocal', 'Internet', 'VirtualAppliance', 'None'];

/** @throws ArmError 400 InvalidRequestFormat, RouteConflict */
function checkRoutes(all: Child[]): void {
  const seen = new Map<string, string>();
  for (const { name, properties } of all) {
    const { addressPrefix, nextHopType, nextHopIpAddress } = properties as Record<string, string | undefined>;
    oneOf(nextHopType, hops, 'routes.nextHopType');
    if (nextHopType === 'VirtualAppliance') required(nextHopIpAddress, 'routes.nextHopIpAddress');
    const prefix = required(addressPrefix, 'routes.addressPrefix').toLowerCase();
    const other = seen.get(prefix);
    if (other !== undefined) {
      const message = `Route ${name} conflicts with route ${other}. Routes cannot have the same AddressPrefix ${addressPrefix}.`;
      throw new ArmError(400, 'RouteConflict', message);
    }
    seen.set(prefix, name);
  }
}

/** Microsoft.Network/routeTables/routes: the routes of a table one by one. */
export const routes = inlineChildren(`${type}/routes`, 'routes', checkRoutes);

/** Microsoft.Network/routeTables, routes inline. */
export const routeTables: ResourceType = {
  type,
  nameRule,
  put(call, existing) {
    const { world, path } = call;
    const { routes: given = [], ...properties } = bodyOf(call).properties ?? {};
    checkRoutes(given as Child[]);
    const stored = (given as Child[]).map(({ name, properties: route }) => ({
      name,
      id: `${path.id}/routes/${name}`,
      etag: newEtag(world),
      type: `${type}/routes`,
      properties: { ...route, provisioningState: 'Succeeded' },
    }));
    const table = { disableBgpRoutePropagation: false, ...properties, routes: stored };
    return write(call, existing, { ...tracked(call, existing), properties: table });
  },
  patch: patchTags,
  delete(call, existing) {
    const user = usersOf(call.world, subnetType, 'routeTable', existing.id)[0];
    if (user) throw routeTableInUse(existing.id, user.id);
    return remove(call, existing);
  },
  view(table, call) {
    const subnets = references(usersOf(call.world, subnetType, 'routeTable', table.id));
    return { ...table, properties: { ...table.properties, ...(subnets.length > 0 && { subnets }) } };
  },
};
