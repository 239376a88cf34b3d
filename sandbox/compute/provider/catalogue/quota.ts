import type { ArmResource } from '../../../arm/types.ts';
import { notAllowed } from '../errors.ts';
import { object, sameId, text } from '../fields.ts';
import { MACHINE } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { sizeOf } from './sizes.ts';
import type { Size } from './sizes.ts';

/** Where vCPUs are counted: a subscription's region. */
export interface Region {
  subscriptionId: string;
  location: string;
}

/** A machine as quota sees it. */
interface Counted {
  id: string;
  size: Size;
  spot: boolean;
}

/** The region's machines. Deallocated ones count too ("Check vCPU quotas": allocated and deallocated). */
export function countedMachines({ world }: ComputeParts, { subscriptionId, location }: Region): Counted[] {
  return world.store
    .list({ type: MACHINE, under: `/subscriptions/${subscriptionId}` })
    .filter((machine) => machine.location === location)
    .flatMap((machine) => {
      const size = sizeOf(text(object(machine.properties, 'hardwareProfile'), 'vmSize'));
      return size ? [{ id: machine.id, size, spot: isSpot(machine.properties) }] : [];
    });
}

/** Whether a machine's properties make it a spot machine. */
export function isSpot(properties: ArmResource['properties']): boolean {
  return ['Spot', 'Low'].includes(text(properties, 'priority') ?? '');
}

export function cores(machines: Counted[]): number {
  return machines.reduce((sum, { size }) => sum + size.vCPUs, 0);
}

/**
 * Whether a machine of that size may stand in the region beside the others.
 * @throws ArmError 409 OperationNotAllowed, in the words of Azure's quota service
 */
export function refuseBeyondQuota(parts: ComputeParts, region: Region, machineId: string, size: Size, spot: boolean) {
  const all = countedMachines(parts, region);
  const mine = all.find(({ id }) => sameId(id, machineId));
  const others = all.filter((machine) => machine.spot === spot);
  const { regionalCores, familyCores, spotCores } = parts.limits;
  const check = (what: string, counted: Counted[], limit: number) => {
    const usage = cores(counted);
    const required = size.vCPUs - (mine && counted.includes(mine) ? mine.size.vCPUs : 0);
    if (required <= 0 || usage + required <= limit) return;
    throw notAllowed(
      `Operation could not be completed as it results in exceeding approved ${what} quota. Additional details - ` +
        `Deployment Model: Resource Manager, Location: ${region.location}, Current Limit: ${limit}, ` +
        `Current Usage: ${usage}, Additional Required: ${required}, (Minimum) New Limit Required: ${usage + required}. ` +
        'Setup Alerts when Quota reaches threshold. Learn more at https://aka.ms/quotamonitoringalerting . ' +
        'Please read more about quota limits at https://docs.microsoft.com/en-us/azure/azure-supportability/regional-quota-requests',
    );
  };
  if (spot) return check('LowPriorityCores', others, spotCores);
  check('Total Regional Cores', others, regionalCores);
  const family = others.filter((machine) => machine.size.family === size.family);
  check(`${size.family} Cores`, family, familyCores);
}
