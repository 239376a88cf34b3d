import { formatAddress, network, parseAddress, parseCidr } from '../../arm/providers/network/cidr.ts';
import { ArmError } from '../../arm/types.ts';
import type { ArmResource, ResourceStore } from '../../arm/types.ts';
import { invalidParameter } from './errors.ts';
import { chosen, object, objects, sameId, text } from './fields.ts';
import type { Json } from './fields.ts';
import { NETWORK_INTERFACE } from './parts.ts';
import type { ComputeParts } from './parts.ts';

/**
 * The network interfaces that `networkProfile` asks for: named ones are taken, described ones
 * (`networkInterfaceConfigurations`) are made. Returns the profile as Azure shows it.
 * @throws ArmError 400 InvalidParameter, InvalidResourceReference, NetworkInterfaceInUse, SubnetIsFull
 */
export function applyNetworkProfile(
  parts: ComputeParts,
  machine: { id: string; name: string; location: string },
  asked: Json,
  before: Json | undefined,
): Json {
  const configurations = objects(asked, 'networkInterfaceConfigurations');
  const had = objects(before, 'networkInterfaces');
  if (configurations.length > 0 && had.length > 0) return before!;
  const named = objects(asked, 'networkInterfaces');
  if (named.length === 0 && configurations.length === 0) {
    if (before) return before;
    throw invalidParameter('networkProfile', 'A virtual machine needs at least one network interface.');
  }
  const made = configurations.map((configuration) => create(parts, machine, configuration));
  const taken = named.map((reference) => take(parts.world.store, machine.id, reference));
  for (const old of had) {
    if (!taken.some((t) => sameId(text(t, 'id'), text(old, 'id')))) letGo(parts.world.store, text(old, 'id'));
  }
  const networkInterfaces = [...taken, ...made];
  if (!networkInterfaces.some((n) => object(n, 'properties')['primary'] === true)) {
    networkInterfaces[0]!['properties'] = { ...object(networkInterfaces[0], 'properties'), primary: true };
  }
  return { networkInterfaces };
}

/** What happens to the interfaces of a machine that is deleted. */
export function releaseNetworkProfile(store: ResourceStore, profile: Json): void {
  for (const reference of objects(profile, 'networkInterfaces')) {
    const id = text(reference, 'id') ?? '';
    if (text(object(reference, 'properties'), 'deleteOption') === 'Delete') store.delete(id);
    else letGo(store, id);
  }
}

function take(store: ResourceStore, machineId: string, reference: Json): Json {
  const nic = requireReference(store, text(reference, 'id') ?? '', machineId);
  const owner = text(object(nic.properties, 'virtualMachine'), 'id');
  if (owner && !sameId(owner, machineId)) {
    throw new ArmError(400, 'NetworkInterfaceInUse', `Network interface ${nic.id} is used by existing VM ${owner}.`);
  }
  store.put({ ...nic, properties: { ...nic.properties, virtualMachine: { id: machineId } } });
  return { id: nic.id, properties: chosen(object(reference, 'properties'), ['primary', 'deleteOption']) };
}

function create(
  parts: ComputeParts,
  machine: { id: string; name: string; location: string },
  configuration: Json,
): Json {
  const { store } = parts.world;
  const asked = object(configuration, 'properties');
  const suffix = parts.world.guid().slice(0, 8);
  const name = `${text(configuration, 'name') ?? machine.name}-${suffix}`;
  const group = machine.id.split('/').slice(0, 5).join('/');
  const id = `${group}/providers/${NETWORK_INTERFACE}/${name}`;
  const primary = asked['primary'] !== false;
  const ipConfigurations = objects(asked, 'ipConfigurations').map((ip, i) => {
    const wanted = object(ip, 'properties');
    if ('publicIPAddressConfiguration' in wanted) {
      throw new ArmError(501, 'NotImplemented', 'This local Azure has no public IP addresses.');
    }
    const subnetId = text(object(wanted, 'subnet'), 'id') ?? '';
    const ipName = text(ip, 'name') ?? `ip${i}`;
    return {
      id: `${id}/ipConfigurations/${ipName}`,
      name: ipName,
      properties: {
        provisioningState: 'Succeeded',
        primary: wanted['primary'] ?? i === 0,
        privateIPAddress: freeAddress(store, subnetId, id),
        privateIPAddressVersion: 'IPv4',
        privateIPAllocationMethod: 'Dynamic',
        subnet: { id: subnetId },
      },
    };
  });
  store.put({
    id,
    name,
    type: NETWORK_INTERFACE,
    location: machine.location,
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: parts.world.guid(),
      primary,
      ipConfigurations,
      ...chosen(asked, ['networkSecurityGroup', 'dnsSettings']),
      enableAcceleratedNetworking: asked['enableAcceleratedNetworking'] ?? false,
      enableIPForwarding: asked['enableIPForwarding'] ?? false,
      nicType: 'Standard',
      virtualMachine: { id: machine.id },
    },
  });
  return { id, properties: { primary, ...chosen(asked, ['deleteOption']) } };
}

function letGo(store: ResourceStore, id: string | undefined): void {
  const nic = id ? store.get(id) : undefined;
  if (!nic) return;
  const { virtualMachine: _machine, ...free } = nic.properties ?? {};
  store.put({ ...nic, properties: free });
}

function requireReference(store: ResourceStore, id: string, referrer: string): ArmResource {
  const found = store.get(id);
  if (found) return found;
  throw new ArmError(
    400,
    'InvalidResourceReference',
    `Resource ${id} referenced by resource ${referrer} was not found. Please make sure that the referenced resource exists, ` +
      'and that both resources are in the same region.',
  );
}

/** The first address of a subnet that no interface has. Azure keeps the first four and the last. */
function freeAddress(store: ResourceStore, subnetId: string, referrer: string): string {
  const prefix = subnetPrefix(store, subnetId) ?? requireSubnet(store, subnetId, referrer);
  const range = parseCidr(prefix);
  if (!range) throw invalidParameter('subnet', `Subnet ${subnetId} has no IPv4 prefix.`);
  const used = new Set(
    store
      .list({ type: NETWORK_INTERFACE })
      .flatMap((nic) => objects(nic.properties, 'ipConfigurations'))
      .map((ip) => parseAddress(text(object(ip, 'properties'), 'privateIPAddress') ?? '')),
  );
  const { first, size } = network(range);
  for (let address = first + 4; address < first + size - 1; address += 1) {
    if (!used.has(address)) return formatAddress(address);
  }
  throw new ArmError(400, 'SubnetIsFull', `Subnet ${subnetId} does not have enough capacity for 1 IP addresses.`);
}

/** Subnets stand in the store themselves, or in their network's properties. */
function subnetPrefix(store: ResourceStore, subnetId: string): string | undefined {
  const vnet = store.get(subnetId.split('/subnets/')[0] ?? '');
  const inline = objects(vnet?.properties, 'subnets').find((s) => sameId(text(s, 'name'), subnetId.split('/').at(-1)));
  const subnet = store.get(subnetId)?.properties ?? object(inline, 'properties');
  const { addressPrefixes } = subnet as { addressPrefixes?: string[] };
  return text(subnet, 'addressPrefix') ?? addressPrefixes?.[0];
}

function requireSubnet(store: ResourceStore, subnetId: string, referrer: string): string {
  requireReference(store, subnetId, referrer);
  throw invalidParameter('subnet', `Subnet ${subnetId} has no address prefix.`);
}
