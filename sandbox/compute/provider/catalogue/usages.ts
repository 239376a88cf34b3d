import type { ArmCall, ArmReply } from '../../../arm/types.ts';
import { object, text } from '../fields.ts';
import { DISK, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { cores, countedMachines } from './quota.ts';
import { SIZES } from './sizes.ts';

/** Disks of a subscription's region, by how their SKU begins; the limits are Azure's defaults. */
const DISK_COUNTS = [
  { value: 'StandardDiskCount', localizedValue: 'Standard HDD Managed Disks', sku: /^Standard_/ },
  { value: 'StandardSSDDiskCount', localizedValue: 'StandardSSD Managed Disks', sku: /^StandardSSD_/ },
  { value: 'PremiumDiskCount', localizedValue: 'Premium SSD Managed Disks', sku: /^Premium_/ },
  { value: 'PremiumV2DiskCount', localizedValue: 'PremiumV2 Managed Disks', sku: /^PremiumV2_/ },
  { value: 'UltraSSDDiskCount', localizedValue: 'UltraSSD Managed Disks', sku: /^UltraSSD_/ },
];
const MOST_DISKS = 50_000;
const MOST_SNAPSHOTS = 75_000;
const MOST_MACHINES = 25_000;

/** GET …/locations/{location}/usages: what stands there, and the subscription's limits. */
export function usages(parts: ComputeParts, call: ArmCall, location: string): ArmReply {
  const { subscriptionId } = call.path;
  const { limits, world } = parts;
  const machines = countedMachines(parts, { subscriptionId, location });
  const regular = machines.filter(({ spot }) => !spot);
  const here = (type: string) =>
    world.store.list({ type, under: `/subscriptions/${subscriptionId}` }).filter((r) => r.location === location);
  const disks = here(DISK).map((disk) => text(object(disk, 'sku'), 'name') ?? '');
  const usage = (value: string, localizedValue: string, currentValue: number, limit: number) => ({
    unit: 'Count',
    currentValue,
    limit,
    name: { value, localizedValue },
  });
  const families = [...new Set(SIZES.map(({ family }) => family))];
  const value = [
    usage('virtualMachines', 'Virtual Machines', machines.length, MOST_MACHINES),
    usage('cores', 'Total Regional vCPUs', cores(regular), limits.regionalCores),
    usage('lowPriorityCores', 'Total Regional Spot vCPUs', cores(machines.filter((m) => m.spot)), limits.spotCores),
    ...families.map((family) => {
      const counted = regular.filter(({ size }) => size.family === family);
      return usage(family, `${family} vCPUs`, cores(counted), limits.familyCores);
    }),
    ...DISK_COUNTS.map(({ value: name, localizedValue, sku }) =>
      usage(name, localizedValue, disks.filter((disk) => sku.test(disk)).length, MOST_DISKS),
    ),
    usage('StandardStorageSnapshots', 'Standard Storage Snapshots', here(SNAPSHOT).length, MOST_SNAPSHOTS),
  ];
  return { status: 200, body: { value } };
}
