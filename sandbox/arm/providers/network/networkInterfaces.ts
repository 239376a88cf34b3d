import { bodyOf, patchTags, required, tracked } from '../../resource.ts';
import type { ArmResource, ArmWorld, ResourceType } from '../../types.ts';
import { readOnlyChildren } from './children.ts';
import { interfaceInUse, invalidResourceReference, publicAddressTaken } from './errors.ts';
import { nameRule } from './names.ts';
import { allocateAddress, configurationsOf, interfaceType, type IpConfiguration } from './interfaceAddresses.ts';
import { newEtag, remove, write, type Reference } from './written.ts';

/** An IP configuration as a body gives it. */
export interface IpConfigurationBody {
  name: string;
  properties?: {
    subnet?: Reference;
    privateIPAddress?: string;
    privateIPAllocationMethod?: string;
    primary?: boolean;
    publicIPAddress?: Reference;
    [field: string]: unknown;
  };
}

/** Locally administered addresses in the form that Azure gives. */
function macAddress(world: ArmWorld): string {
  return `00-0D-3A-${world.guid().slice(0, 6).toUpperCase().match(/../g)!.join('-')}`;
}

function existingReference(world: ArmWorld, reference: Reference, by: string): ArmResource {
  const found = world.store.get(reference.id);
  if (!found) throw invalidResourceReference(reference.id, by);
  return found;
}

/** A subnet in the region of what stands in it. @throws ArmError 400 InvalidResourceReference */
export function subnetFor(world: ArmWorld, reference: Reference, by: { id: string; location?: string }): ArmResource {
  const subnet = existingReference(world, reference, by.id);
  const { location } = world.store.require(subnet.id.split('/').slice(0, -2).join('/'));
  if (by.location !== undefined && by.location !== location) throw invalidResourceReference(subnet.id, by.id);
  return subnet;
}

/** A public address that nothing else has. @throws ArmError 400 InvalidResourceReference, PublicIPAddressInUse */
function freePublicAddress(world: ArmWorld, reference: Reference, configurationId: string): Reference {
  const { id } = existingReference(world, reference, configurationId);
  const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();
  const other = world.store
    .list({ type: interfaceType })
    .flatMap(configurationsOf)
    .find(({ id: by, properties }) => same(properties.publicIPAddress?.id, id) && !same(by, configurationId));
  if (other) throw publicAddressTaken(configurationId, id, other.id);
  return { id };
}

/**
 * IP configurations with their addresses. A configuration that stays in its subnet keeps its address.
 * @throws ArmError 400 for a missing subnet or public address, or no free address
 */
function configurations(
  world: ArmWorld,
  { id, location }: ArmResource,
  bodies: IpConfigurationBody[],
  existing: ArmResource | undefined,
): IpConfiguration[] {
  const taken: string[] = [];
  return bodies.map((body, index) => {
    const { subnet: given, publicIPAddress, ...rest } = body.properties ?? {};
    const wantedSubnet = required(given, 'properties.ipConfigurations.properties.subnet');
    const subnet = subnetFor(world, wantedSubnet, { id, ...(location !== undefined && { location }) });
    const configurationId = `${id}/ipConfigurations/${body.name}`;
    const before = existing && configurationsOf(existing).find(({ name }) => name === body.name)?.properties;
    const stays = before?.subnet.id.toLowerCase() === subnet.id.toLowerCase();
    const fixed = rest.privateIPAllocationMethod === 'Static' ? rest.privateIPAddress : undefined;
    const wanted = fixed ?? (stays ? before?.privateIPAddress : undefined);
    const address = allocateAddress(world.store, subnet, { configurationId, taken, ...(wanted && { wanted }) });
    taken.push(address);
    return {
      name: body.name,
      id: configurationId,
      etag: newEtag(world),
      type: `${interfaceType}/ipConfigurations`,
      properties: {
        ...rest,
        provisioningState: 'Succeeded',
        privateIPAddress: address,
        privateIPAllocationMethod: rest.privateIPAllocationMethod ?? 'Dynamic',
        privateIPAddressVersion: 'IPv4',
        primary: rest.primary ?? index === 0,
        subnet: { id: subnet.id },
        ...(publicIPAddress && { publicIPAddress: freePublicAddress(world, publicIPAddress, configurationId) }),
      },
    };
  });
}

/**
 * A network interface with what the service fills in: addresses, MAC address, defaults. Not yet in the store. Also for
 * those that build interfaces themselves: private endpoints, VMs with inline interface configurations.
 */
export function buildInterface(
  world: ArmWorld,
  base: ArmResource,
  given: Record<string, unknown>,
  existing?: ArmResource,
): ArmResource {
  const group = given.networkSecurityGroup as Reference | undefined;
  if (group) existingReference(world, group, base.id);
  const bodies = required(given.ipConfigurations as IpConfigurationBody[] | undefined, 'properties.ipConfigurations');
  const { virtualMachine } = existing?.properties ?? {};
  return {
    ...base,
    etag: newEtag(world),
    properties: {
      enableAcceleratedNetworking: false,
      enableIPForwarding: false,
      disableTcpStateTracking: false,
      auxiliaryMode: 'None',
      auxiliarySku: 'None',
      nicType: 'Standard',
      ...given,
      provisioningState: 'Succeeded',
      resourceGuid: existing?.properties?.resourceGuid ?? world.guid(),
      macAddress: existing?.properties?.macAddress ?? macAddress(world),
      vnetEncryptionSupported: false,
      hostedWorkloads: [],
      tapConfigurations: [],
      dnsSettings: { dnsServers: [], appliedDnsServers: [], ...(given.dnsSettings as object | undefined) },
      ipConfigurations: configurations(world, base, bodies, existing),
      ...(virtualMachine !== undefined && { virtualMachine }),
    },
  };
}

/** Microsoft.Network/networkInterfaces. */
export const networkInterfaces: ResourceType = {
  type: interfaceType,
  nameRule,
  put(call, existing) {
    const properties = required(bodyOf(call).properties, 'properties');
    return write(call, existing, buildInterface(call.world, tracked(call, existing), properties, existing));
  },
  patch: patchTags,
  delete(call, existing) {
    const { virtualMachine, privateEndpoint } = (existing.properties ?? {}) as Record<string, Reference | undefined>;
    const user = [virtualMachine, privateEndpoint].find((reference) => reference && call.world.store.get(reference.id));
    if (user) throw interfaceInUse(existing.id, user.id);
    return remove(call, existing);
  },
};

/** Microsoft.Network/networkInterfaces/ipConfigurations: to be read one by one; written with the interface. */
export const ipConfigurations = readOnlyChildren(`${interfaceType}/ipConfigurations`, 'ipConfigurations');
