import type { ArmResource, ArmWorld } from './arm/types.ts';
import type { Caller } from './core/types.ts';
import type { InstanceDocument } from './edge/index.ts';

interface MachineProperties {
  vmId?: string;
  hardwareProfile?: { vmSize?: string };
  osProfile?: { computerName?: string; adminUsername?: string };
  storageProfile?: {
    osDisk?: { osType?: string };
    imageReference?: { publisher?: string; offer?: string; sku?: string; version?: string };
  };
  networkProfile?: { networkInterfaces?: { id: string }[] };
}

interface InterfaceProperties {
  macAddress?: string;
  ipConfigurations?: { properties?: { privateIPAddress?: string } }[];
}

/** What the Instance Metadata Service tells a machine of itself; undefined: the caller is none. */
export function instanceDocument({ store }: ArmWorld, { resourceId }: Caller): InstanceDocument | undefined {
  const machine = resourceId === undefined ? undefined : store.get(resourceId);
  if (!machine) return undefined;
  const properties = machine.properties as MachineProperties;
  const interfaces = properties.networkProfile?.networkInterfaces ?? [];
  return {
    compute: compute(machine, properties),
    network: { interface: interfaces.flatMap(({ id }) => store.get(id) ?? []).map(networkInterface) },
  };
}

function compute(machine: ArmResource, properties: MachineProperties): InstanceDocument['compute'] {
  const { osDisk, imageReference: image = {} } = properties.storageProfile ?? {};
  const tags = Object.entries(machine.tags ?? {});
  const [, subscriptionId = '', resourceGroupName = ''] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)/i.exec(machine.id) ?? [];
  return {
    azEnvironment: 'AzurePublicCloud',
    location: machine.location ?? '',
    name: machine.name,
    offer: image.offer ?? '',
    osProfile: {
      adminUsername: properties.osProfile?.adminUsername ?? '',
      computerName: properties.osProfile?.computerName ?? '',
    },
    osType: osDisk?.osType ?? '',
    provider: 'Microsoft.Compute',
    publisher: image.publisher ?? '',
    resourceGroupName,
    resourceId: machine.id,
    sku: image.sku ?? '',
    subscriptionId,
    tags: tags.map(([name, value]) => `${name}:${value}`).join(';'),
    tagsList: tags.map(([name, value]) => ({ name, value })),
    version: image.version ?? '',
    vmId: properties.vmId ?? '',
    vmSize: properties.hardwareProfile?.vmSize ?? '',
    zone: (machine.zones as string[] | undefined)?.[0] ?? '',
  };
}

function networkInterface({ properties }: ArmResource): object {
  const { macAddress = '', ipConfigurations = [] } = properties as InterfaceProperties;
  const addresses = ipConfigurations.flatMap((one) => one.properties?.privateIPAddress ?? []);
  return {
    ipv4: { ipAddress: addresses.map((privateIpAddress) => ({ privateIpAddress, publicIpAddress: '' })) },
    ipv6: { ipAddress: [] },
    macAddress: macAddress.replaceAll('-', ''),
  };
}
