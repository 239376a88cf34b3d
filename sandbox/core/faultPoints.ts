/**
 * The named points inside services at which they ask {@link Faults.strike}. Each says what being struck means there and
 * which facts it gives. A part that asks at a new point adds it here: scenarios may name these and no others.
 */
export const faultPoints = {
  'compute.allocate':
    'A machine is allocated (created or started). Struck: it fails, with `error` or AllocationFailed. Facts: id, size, location, zone.',
  'disk.detach':
    'A machine lets go of a data disk. Struck: the disk stays, marked toBeDetached, and cannot be attached. Facts: id, machine.',
  'dns.record': "A private endpoint's zone group writes a record. Struck: the record never comes. Facts: zone, name.",
  'runCommand.report':
    'A run command has ended in its machine. Struck: nobody ever hears of it, it stays Running. Facts: id (of the machine), name.',
} as const;

export type FaultPoint = keyof typeof faultPoints;
