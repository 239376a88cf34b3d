import { bodyOf, patchTags, tracked } from '../../resource.ts';
import type { ResourceType } from '../../types.ts';
import { routeTableInUse } from './errors.ts';
import { subnetType } from './subnets.ts';
import { newEtag, references, remove, usersOf, write } from './written.ts';

const type = 'Microsoft.Network/routeTables';

/** Microsoft.Network/routeTables, routes inline. */
export const routeTables: ResourceType = {
  type,
  put(call, existing) {
    const { world, path } = call;
    const { routes = [], ...properties } = bodyOf(call).properties ?? {};
    const stored = (routes as { name: string; properties: object }[]).map(({ name, properties: route }) => ({
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
