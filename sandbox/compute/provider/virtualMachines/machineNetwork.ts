import { buildInterface } from '../../../arm/providers/network/networkInterfaces.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmResource, ResourceStore } from '../../../arm/types.ts';
import { invalidParameter, notHere } from '../errors.ts';
import { chosen, object, objects, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { NETWORK_INTERFACE } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { free, making, touching } from './unfinished.ts';

/** What an interface takes from its configuration as it is. */
const TAKEN_OVER = ['networkSecurityGroup', 'dnsSettings', 'enableAcceleratedNetworking', 'enableIPForwarding'];

/**
 * The network interfaces that `networkProfile` asks for: named ones are taken, described ones
 * (`networkInterfaceConfigurations`) are made. To be called within `settled`, which lets go of those that it no longer
 * names. Returns the profile as Azure shows it.
 * @param allocated the machine is running or stopped: its interfaces stay as they are
 * @throws ArmError 400 InvalidParameter, InvalidResourceReference, NetworkInterfaceInUse, SubnetIsFull, 409
 */
export function applyNetworkProfile(
  parts: ComputeParts,
  machine: { id: string; name: string; location: string },
  asked: Json,
  before: Json | undefined,
  allocated: boolean,
): Json {
  const configurations = objects(asked, 'networkInterfaceConfigurations');
  const had = objects(before, 'networkInterfaces');
  if (configurations.length > 0 && had.length > 0) return before!;
  const named = objects(asked, 'networkInterfaces');
  if (named.length === 0 && configurations.length === 0) {
    if (before) return before;
    throw invalidParameter('networkProfile', 'A virtual machine needs at least one network interface.');
  }
  for (const reference of named) usable(parts.world.store, machine.id, reference);
  refuseWhileAllocated(machine.id, named, had, allocated);
  const made = configurations.map((configuration) => create(parts, machine, configuration));
  const taken = named.map((reference) => take(parts, machine.id, reference));
  for (const old of had) touching(parts, machine.id, text(old, 'id') ?? '');
  const networkInterfaces = [...taken, ...made];
  if (!networkInterfaces.some((n) => object(n, 'properties')['primary'] === true)) {
    networkInterfaces[0]!['properties'] = { ...object(networkInterfaces[0], 'properties'), primary: true };
  }
  return { networkInterfaces };
}

/** What happens to the interfaces of a machine that is deleted. */
export function releaseNetworkProfile(parts: ComputeParts, machineId: string, profile: Json): void {
  for (const reference of objects(profile, 'networkInterfaces')) {
    const id = text(reference, 'id') ?? '';
    if (text(object(reference, 'properties'), 'deleteOption') === 'Delete') parts.world.store.delete(id);
    else free(parts, machineId, id);
  }
}

/** Interfaces come and go only while a machine has no place on a host. */
function refuseWhileAllocated(machineId: string, named: Json[], had: Json[], allocated: boolean): void {
  const ids = (references: Json[]) => references.map((reference) => text(reference, 'id')?.toLowerCase()).sort();
  if (!allocated || had.length === 0 || named.length === 0) return;
  if (ids(named).join() === ids(had).join()) return;
  throw new ArmError(
    409,
    'AddingOrDeletingNetworkInterfacesOnARunningVirtualMachineNotSupported',
    named.length === 1 || had.length === 1
      ? `Virtual machine ${machineId} with a single network interface must be stop-deallocated before it can be updated ` +
          'to have multiple network interfaces and vice-versa.'
      : 'Secondary network interfaces cannot be added or deleted from a running virtual machine.',
  );
}

/** An interface that a machine may have. */
function usable(store: ResourceStore, machineId: string, reference: Json): ArmResource {
  const nic = requireReference(store, text(reference, 'id') ?? '', machineId);
  const owner = text(object(nic.properties, 'virtualMachine'), 'id');
  if (owner && !sameId(owner, machineId)) {
    throw new ArmError(400, 'NetworkInterfaceInUse', `Network interface ${nic.id} is used by existing VM ${owner}.`);
  }
  return nic;
}

function take(parts: ComputeParts, machineId: string, reference: Json): Json {
  const { store } = parts.world;
  const nic = usable(store, machineId, reference);
  touching(parts, machineId, nic.id);
  store.put({ ...nic, properties: { ...nic.properties, virtualMachine: { id: machineId } } });
  return { id: nic.id, properties: chosen(object(reference, 'properties'), ['primary', 'deleteOption']) };
}

function create(
  parts: ComputeParts,
  machine: { id: string; name: string; location: string },
  configuration: Json,
): Json {
  const { store, guid } = parts.world;
  const asked = object(configuration, 'properties');
  const name = `${text(configuration, 'name') ?? machine.name}-${guid().slice(0, 8)}`;
  const group = machine.id.split('/').slice(0, 5).join('/');
  const id = `${group}/providers/${NETWORK_INTERFACE}/${name}`;
  const primary = asked['primary'] !== false;
  const ipConfigurations = objects(asked, 'ipConfigurations').map((ip) => {
    const { publicIPAddressConfiguration, ...properties } = object(ip, 'properties');
    if (publicIPAddressConfiguration) throw notHere('public IP addresses made with a machine');
    return { name: ip['name'], properties };
  });
  const nic = buildInterface(
    parts.world,
    { id, name, type: NETWORK_INTERFACE, location: machine.location },
    { ...chosen(asked, TAKEN_OVER), ipConfigurations },
  );
  making(parts, machine.id, id);
  store.put({ ...nic, properties: { ...nic.properties, primary, virtualMachine: { id: machine.id } } });
  return { id, properties: { primary, ...chosen(asked, ['deleteOption']) } };
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
