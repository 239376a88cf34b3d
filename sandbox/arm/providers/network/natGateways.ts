import { bodyOf, patchTags, tracked } from '../../resource.ts';
import type { ResourceType } from '../../types.ts';
import { invalidResourceReference, natGatewayInUse } from './errors.ts';
import { nameRule } from './names.ts';
import { subnetType } from './subnets.ts';
import { references, remove, usersOf, write, type Reference } from './written.ts';

export const natGatewayType = 'Microsoft.Network/natGateways';

/** Microsoft.Network/natGateways. */
export const natGateways: ResourceType = {
  type: natGatewayType,
  nameRule,
  put(call, existing) {
    const { sku = { name: 'Standard' }, zones, properties = {} } = bodyOf(call);
    const addresses = (properties.publicIpAddresses ?? []) as Reference[];
    for (const { id } of addresses) if (!call.world.store.get(id)) throw invalidResourceReference(id, call.path.id);
    return write(call, existing, {
      ...tracked(call, existing),
      sku,
      ...(zones !== undefined && { zones }),
      properties: { idleTimeoutInMinutes: 4, ...properties },
    });
  },
  patch: patchTags,
  delete(call, existing) {
    const user = usersOf(call.world, subnetType, 'natGateway', existing.id)[0];
    if (user) throw natGatewayInUse(existing.id, user.id);
    return remove(call, existing);
  },
  view(gateway, call) {
    const subnets = references(usersOf(call.world, subnetType, 'natGateway', gateway.id));
    return { ...gateway, properties: { ...gateway.properties, ...(subnets.length > 0 && { subnets }) } };
  },
};
