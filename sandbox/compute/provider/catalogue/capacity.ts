import { ArmError } from '../../../arm/types.ts';
import type { Shortage, ShortageCode } from '../limits.ts';
import type { ComputeParts } from '../parts.ts';

/** What is to be placed: `zone` undefined for a machine without one. */
export interface Placement {
  id: string;
  size: string;
  location: string;
  zone: string | undefined;
}

const GUIDANCE = 'Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance';

const MESSAGES: Record<ShortageCode, (placement: Placement) => string> = {
  SkuNotAvailable: ({ size, location }) =>
    `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${size}' is currently not ` +
    `available in location '${location}'. Please try another size or deploy to a different location or different zone. ` +
    'See https://aka.ms/azureskunotavailable for details.',
  AllocationFailed: () =>
    `Allocation failed. We do not have sufficient capacity for the requested VM size in this region. ${GUIDANCE}`,
  ZonalAllocationFailed: () =>
    `Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. ${GUIDANCE}`,
  OverconstrainedAllocationRequest: () =>
    'Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too ' +
    'restrictive. Please remove some constraints and try again. Constraints applied are: - Networking Constraints ' +
    '(such as Accelerated Networking or IPv6) - VM Size',
  OverconstrainedZonalAllocationRequest: () =>
    'Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too ' +
    'restrictive. Please remove some constraints and try again. Constraints applied are: - Availability Zone ' +
    '- Networking Constraints (such as Accelerated Networking or IPv6) - VM Size',
};

const same = (wanted: string | undefined, is: string | undefined) =>
  wanted === undefined || wanted.toLowerCase() === is?.toLowerCase();

/** Shortages of a size in a place. */
export function shortagesOf(parts: ComputeParts, { size, location, zone }: Omit<Placement, 'id'>): Shortage[] {
  return parts.limits.shortages.filter(
    (shortage) => same(shortage.vmSize, size) && same(shortage.location, location) && same(shortage.zone, zone),
  );
}

/**
 * Places a machine. A size that is not offered there is refused at once; whether there is room shows only while the
 * operation runs, so that error is returned.
 * @returns why there is no room, undefined when there is
 * @throws ArmError 409 SkuNotAvailable
 */
export function place(parts: ComputeParts, placement: Placement): ArmError | undefined {
  const { id, size, location, zone } = placement;
  const struck = parts.world.faults.strike('compute.allocate', { id, size, location, zone });
  const code = shortagesOf(parts, placement)[0]?.code;
  const error = struck
    ? failure(struck.error ?? { code: zone ? 'ZonalAllocationFailed' : 'AllocationFailed' }, placement)
    : code && failure({ code }, placement);
  if (error?.code === 'SkuNotAvailable') throw error;
  return error;
}

function failure({ status = 409, code, message }: { status?: number; code: string; message?: string }, at: Placement) {
  const words = message || MESSAGES[code as ShortageCode]?.(at) || `${code}: machine ${at.id} could not be allocated.`;
  return new ArmError(status, code, words);
}
