import type { ArmResource } from '../../../sandbox/arm/types.ts';
import type { Caller, Way } from '../../../sandbox/core/types.ts';
import { createNetwork } from '../../../sandbox/network/index.ts';
import { startWorld, subscriptionId, type TestWorld } from '../arm/world.ts';

export const location = 'westeurope';
export const group = `/subscriptions/${subscriptionId}/resourceGroups/rg`;
export const networkId = (path: string) => `${group}/providers/Microsoft.Network/${path}`;
export const accountId = (name: string) => `${group}/providers/Microsoft.Storage/storageAccounts/${name}`;
export const person: Caller = { id: 'operator', kind: 'operator' };

export type NetworkWorld = Awaited<ReturnType<typeof startNetworkWorld>>;

/** Microsoft.Network behind ARM, with what stands in networks put into the store as its own providers would. */
export async function startNetworkWorld() {
  const world: TestWorld = await startWorld();
  const { store } = world.arm.world;
  const network = createNetwork(world.arm.world);
  await world.call('PUT', group, { location });

  const put = async (path: string, body: object, version = '') => {
    const answer = await world.call('PUT', networkId(path) + version, body);
    if (answer.status >= 300) throw new Error(`PUT ${path}: ${JSON.stringify(answer.body)}`);
    return networkId(path);
  };
  const remove = (path: string) => world.call('DELETE', networkId(path));

  const seed = (id: string, type: string, more: Partial<ArmResource> = {}) => {
    store.put({ id, name: id.split('/').at(-1)!, type, location, ...more });
    return id;
  };

  return {
    world,
    store,
    network,
    put,
    remove,
    seed,
    account: (name: string) => seed(accountId(name), 'Microsoft.Storage/storageAccounts', { properties: {} }),
    /** A network with subnets by name; the version is that of the days before subnets were private. */
    addNetwork: (name: string, space: string, subnets: Record<string, object>, version = '?api-version=2024-05-01') =>
      put(
        `virtualNetworks/${name}`,
        {
          location,
          properties: {
            addressSpace: { addressPrefixes: [space] },
            subnets: Object.entries(subnets).map(([subnet, properties]) => ({ name: subnet, properties })),
          },
        },
        version,
      ),
    /** A machine with an interface in a subnet (`net/workers`). */
    async machine(name: string, subnet: string, nic: { group?: string; publicAddress?: string } = {}): Promise<Caller> {
      const id = await put(`networkInterfaces/${name}-nic`, {
        location,
        properties: {
          ...(nic.group && { networkSecurityGroup: { id: networkId(`networkSecurityGroups/${nic.group}`) } }),
          ipConfigurations: [
            {
              name: 'ip',
              properties: {
                subnet: { id: networkId(`virtualNetworks/${subnet.replace('/', '/subnets/')}`) },
                ...(nic.publicAddress && {
                  publicIPAddress: { id: networkId(`publicIPAddresses/${nic.publicAddress}`) },
                }),
              },
            },
          ],
        },
      });
      const resourceId = seed(
        `${group}/providers/Microsoft.Compute/virtualMachines/${name}`,
        'Microsoft.Compute/virtualMachines',
        { properties: { networkProfile: { networkInterfaces: [{ id }] } } },
      );
      return { id: `vm:${name}`, kind: 'machine', resourceId };
    },
    /** A zone that is linked to a network. */
    async zone(name: string, linkedTo: string, link: object = {}) {
      await put(`privateDnsZones/${name}`, { location: 'global' });
      const properties = { virtualNetwork: { id: networkId(`virtualNetworks/${linkedTo}`) }, ...link };
      return put(`privateDnsZones/${name}/virtualNetworkLinks/${linkedTo}`, { location: 'global', properties });
    },
    /** A private endpoint in a subnet, with its records in a zone. */
    async endpoint(
      name: string,
      to: { target: string; groupId?: string; subnet: string; zone?: string; manual?: boolean },
    ) {
      const { target, groupId = 'blob', subnet, zone, manual } = to;
      const connections = [{ name, properties: { privateLinkServiceId: target, groupIds: [groupId] } }];
      await put(`privateEndpoints/${name}`, {
        location,
        properties: {
          subnet: { id: networkId(`virtualNetworks/${subnet.replace('/', '/subnets/')}`) },
          [manual ? 'manualPrivateLinkServiceConnections' : 'privateLinkServiceConnections']: connections,
        },
      });
      if (zone === undefined) return;
      const privateDnsZoneId = networkId(`privateDnsZones/${zone}`);
      const properties = { privateDnsZoneConfigs: [{ name: 'z', properties: { privateDnsZoneId } }] };
      await put(`privateEndpoints/${name}/privateDnsZoneGroups/default`, { properties });
    },
    /** Sets what the target says of an endpoint's connection; undefined: it removes the connection. */
    setState(target: string, status: string | undefined) {
      const connection = store.under(target).find(({ type }) => type.endsWith('/privateEndpointConnections'))!;
      if (status === undefined) return store.delete(connection.id);
      const privateLinkServiceConnectionState = { status, description: '' };
      store.put({ ...connection, properties: { ...connection.properties, privateLinkServiceConnectionState } });
    },
    resolve: (caller: Caller, host: string) => network.resolve(caller, host, true),
    way: (caller: Caller, host: string, port = 443): Way => network.wayTo(caller, { host, port }),
    stop: () => world.close(),
  };
}

/** A way in one line: `private blob approved`, `public 203.0.113.1`, or why it is closed. */
export function told(way: Way): string {
  if (!way.open) return way.why;
  const { privateLink, address, subnetId } = way.origin;
  if (privateLink) return `private ${privateLink.groupId} ${privateLink.approved ? 'approved' : 'not approved'}`;
  return subnetId === undefined ? `public ${address}` : 'service endpoint';
}
