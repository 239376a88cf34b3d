import type { ArmCall, ArmReply } from '../../../arm/types.ts';
import type { ComputeParts } from '../parts.ts';
import { shortagesOf } from './capacity.ts';
import { DISK_SIZES } from './diskSkus.ts';
import { SIZES } from './sizes.ts';
import type { Size } from './sizes.ts';

const ZONES = ['1', '2', '3'];
const listed = (capabilities: Record<string, unknown>) =>
  Object.entries(capabilities).map(([name, value]) => ({ name, value: String(value) }));

/** GET /subscriptions/{s}/providers/Microsoft.Compute/skus, with `$filter=location eq '…'`. */
export function skus(parts: ComputeParts, call: ArmCall): ArmReply {
  const asked = /location eq '([^']+)'/i
    .exec(call.query.get('$filter') ?? '')?.[1]
    ?.toLowerCase()
    .replaceAll(' ', '');
  const groups = parts.world.store.list({
    type: 'Microsoft.Resources/resourceGroups',
    under: `/subscriptions/${call.path.subscriptionId}`,
  });
  const locations = asked ? [asked] : [...new Set(groups.flatMap((group) => group.location ?? []))];
  const value = locations.flatMap((location) => [
    ...SIZES.map((size) => machineSku(parts, size, location)),
    ...diskSkus(location),
    ...['Standard_LRS', 'Standard_ZRS', 'Premium_LRS'].map((name) => sku('snapshots', name, location, {})),
  ]);
  return { status: 200, body: { value } };
}

function sku(resourceType: string, name: string, location: string, more: Record<string, unknown>) {
  return {
    resourceType,
    name,
    tier: name.split('_')[0],
    locations: [location],
    locationInfo: [{ location, zones: ZONES, zoneDetails: [] }],
    capabilities: [],
    restrictions: [],
    ...more,
  };
}

function machineSku(parts: ComputeParts, size: Size, location: string) {
  return sku('virtualMachines', size.name, location, {
    tier: 'Standard',
    size: size.name.replace('Standard_', ''),
    family: size.family,
    capabilities: listed({
      MaxResourceVolumeMB: size.tempDiskMiB,
      OSVhdSizeMB: 1_047_552,
      vCPUs: size.vCPUs,
      HyperVGenerations: 'V1,V2',
      MemoryGB: size.memoryGB,
      MaxDataDiskCount: size.maxDataDisks,
      CpuArchitectureType: 'x64',
      LowPriorityCapable: 'True',
      PremiumIO: 'True',
      VMDeploymentTypes: 'IaaS',
      vCPUsAvailable: size.vCPUs,
      AcceleratedNetworkingEnabled: 'True',
      EncryptionAtHostSupported: 'True',
    }),
    restrictions: restrictions(parts, size.name, location),
  });
}

/** Sizes that are not offered to the subscription, in the whole region or in some of its zones. */
function restrictions(parts: ComputeParts, size: string, location: string) {
  const missing = (zone: string | undefined) =>
    shortagesOf(parts, { size, location, zone }).some(({ code }) => code === 'SkuNotAvailable');
  const zones = ZONES.filter(missing);
  const restriction = (type: string, info: object) => ({
    type,
    values: [location],
    restrictionInfo: info,
    reasonCode: 'NotAvailableForSubscription',
  });
  return [
    ...(missing(undefined) ? [restriction('Location', { locations: [location] })] : []),
    ...(zones.length > 0 ? [restriction('Zone', { locations: [location], zones })] : []),
  ];
}

function diskSkus(location: string) {
  const sold = (name: string, letter: string, smallest = 0) =>
    DISK_SIZES.filter(([, gib]) => gib >= smallest).map(([number, gib, iops, mbps]) =>
      sku('disks', name, location, {
        size: `${letter}${number}`,
        capabilities: listed({
          MaxSizeGiB: gib,
          ...(letter === 'P' && { MaxIOps: iops, MaxBandwidthMBps: mbps }),
        }),
      }),
    );
  return [
    ...sold('Standard_LRS', 'S', 32),
    ...sold('StandardSSD_LRS', 'E'),
    ...sold('StandardSSD_ZRS', 'E'),
    ...sold('Premium_LRS', 'P'),
    ...sold('Premium_ZRS', 'P'),
    sku('disks', 'PremiumV2_LRS', location, { size: 'PV2', capabilities: listed({ MaxSizeGiB: 65_536 }) }),
    sku('disks', 'UltraSSD_LRS', location, { size: 'U', tier: 'Ultra', capabilities: listed({ MaxSizeGiB: 65_536 }) }),
  ];
}
