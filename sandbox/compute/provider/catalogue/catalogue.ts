import type { ArmCall, ArmReply } from '../../../arm/types.ts';
import { object, text } from '../fields.ts';
import { MACHINE } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';

interface Size {
  name: string;
  family: string;
  vCPUs: number;
  memoryGB: number;
  tempDiskMiB: number;
  maxDataDisks: number;
}

/** Sizes that this local Azure offers (ddsv5, dsv3 and bs series). */
const SIZES: Size[] = [
  ...[2, 4, 8, 16].map((n) => size(`Standard_D${n}ds_v5`, 'standardDDSv5Family', n, n * 4, n * 37.5 * 1024)),
  ...[2, 4, 8, 16].map((n) => size(`Standard_D${n}s_v5`, 'standardDSv5Family', n, n * 4, 0)),
  ...[2, 4, 8, 16].map((n) => size(`Standard_D${n}s_v3`, 'standardDSv3Family', n, n * 4, n * 8 * 1024)),
  ...[2, 4].map((n) => size(`Standard_B${n}ms`, 'standardBSFamily', n, n * 4, n * 8 * 1024)),
  size('Standard_B2s', 'standardBSFamily', 2, 4, 8 * 1024),
];

function size(name: string, family: string, vCPUs: number, memoryGB: number, tempDiskMiB: number): Size {
  return { name, family, vCPUs, memoryGB, tempDiskMiB, maxDataDisks: vCPUs * 2 };
}

const LIMIT = 100;

/** GET …/locations/{location}/usages: cores and machines that run or stand there, and the subscription's limits. */
export function usages(parts: ComputeParts, call: ArmCall, location: string): ArmReply {
  const machines = parts.world.store
    .list({ type: MACHINE, under: `/subscriptions/${call.path.subscriptionId}` })
    .filter((m) => m.location === location);
  const sizes = machines
    .filter((m) => parts.power.get(m.id.toLowerCase()) !== 'deallocated')
    .flatMap((m) => SIZES.find((s) => s.name === text(object(m.properties, 'hardwareProfile'), 'vmSize')) ?? []);
  const cores = (family?: string) =>
    sizes.filter((s) => !family || s.family === family).reduce((sum, s) => sum + s.vCPUs, 0);
  const usage = (value: string, localizedValue: string, currentValue: number, limit: number) => ({
    unit: 'Count',
    currentValue,
    limit,
    name: { value, localizedValue },
  });
  const families = [...new Set(SIZES.map((s) => s.family))];
  return {
    status: 200,
    body: {
      value: [
        usage('virtualMachines', 'Virtual Machines', machines.length, 25_000),
        usage('cores', 'Total Regional vCPUs', cores(), LIMIT),
        usage('lowPriorityCores', 'Total Regional Spot vCPUs', 0, LIMIT),
        ...families.map((family) => usage(family, `${family} vCPUs`, cores(family), LIMIT)),
      ],
    },
  };
}

/** GET …/vmSizes */
export function vmSizes(): ArmReply {
  const value = SIZES.map((s) => ({
    name: s.name,
    numberOfCores: s.vCPUs,
    osDiskSizeInMB: 1_047_552,
    resourceDiskSizeInMB: s.tempDiskMiB,
    memoryInMB: s.memoryGB * 1024,
    maxDataDiskCount: s.maxDataDisks,
  }));
  return { status: 200, body: { value } };
}

/** GET /subscriptions/{s}/providers/Microsoft.Compute/skus, with `$filter=location eq '…'`. */
export function skus(parts: ComputeParts, call: ArmCall): ArmReply {
  const asked = /location eq '([^']+)'/i.exec(call.query.get('$filter') ?? '')?.[1];
  const groups = parts.world.store.list({
    type: 'Microsoft.Resources/resourceGroups',
    under: `/subscriptions/${call.path.subscriptionId}`,
  });
  const locations = asked ? [asked] : [...new Set(groups.flatMap((g) => g.location ?? []))];
  const value = locations.flatMap((location) =>
    SIZES.map((s) => ({
      resourceType: 'virtualMachines',
      name: s.name,
      tier: 'Standard',
      size: s.name.replace('Standard_', ''),
      family: s.family,
      locations: [location],
      locationInfo: [{ location, zones: ['1', '2', '3'], zoneDetails: [] }],
      capabilities: Object.entries({
        MaxResourceVolumeMB: s.tempDiskMiB,
        vCPUs: s.vCPUs,
        HyperVGenerations: 'V1,V2',
        MemoryGB: s.memoryGB,
        MaxDataDiskCount: s.maxDataDisks,
        CpuArchitectureType: 'x64',
        PremiumIO: 'True',
        AcceleratedNetworkingEnabled: 'True',
        EncryptionAtHostSupported: 'True',
      }).map(([name, v]) => ({ name, value: String(v) })),
      restrictions: [],
    })),
  );
  return { status: 200, body: { value } };
}
