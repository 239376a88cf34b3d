import { object, objects, sameId, text } from '../fields.ts';
import { dropDisk, ownersOf } from '../managedDisks/diskState.ts';
import { DISK } from '../parts.ts';
import type { ComputeParts, Unfinished } from '../parts.ts';
import { detach, diskIdOf } from './attachments.ts';

/**
 * A machine's disks and interfaces change one by one, then the machine that names them. So what is made, attached or to be
 * let go is written down first; what the stored machine does not name is undone in the end, when the request has failed as
 * when it has succeeded, or at the next start when the process ended in between.
 */

/** To be called before a disk or interface is made for a machine. */
export function making(parts: ComputeParts, machineId: string, id: string): void {
  note(parts, machineId, 'made', id);
}

/** To be called before a disk or interface that is there is given to a machine, or is named by it no longer. */
export function touching(parts: ComputeParts, machineId: string, id: string): void {
  note(parts, machineId, 'touched', id);
}

function note({ unfinished }: ComputeParts, machineId: string, what: keyof Unfinished, id: string): void {
  const key = machineId.toLowerCase();
  const before = unfinished.get(key) ?? { made: [], touched: [] };
  unfinished.set(key, { ...before, [what]: [...before[what], id] });
}

/** Runs what changes a machine's disks and interfaces and puts the machine. To be called in the machine's turn. */
export async function settled<T>(parts: ComputeParts, machineId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    settle(parts, machineId);
  }
}

/** What earlier runs left. */
export function settleAll(parts: ComputeParts): void {
  for (const machineId of [...parts.unfinished.keys()]) settle(parts, machineId);
}

function settle(parts: ComputeParts, machineId: string): void {
  const { store } = parts.world;
  const key = machineId.toLowerCase();
  const { made = [], touched = [] } = parts.unfinished.get(key) ?? {};
  const { storageProfile, networkProfile } = store.get(machineId)?.properties ?? {};
  const named = [
    ...[object(storageProfile, 'osDisk'), ...objects(storageProfile, 'dataDisks')].map(diskIdOf),
    ...objects(networkProfile, 'networkInterfaces').map((nic) => text(nic, 'id')),
  ];
  const left = (id: string) => !named.some((other) => sameId(other, id));
  for (const id of made.filter(left)) remove(parts, machineId, id);
  for (const id of touched.filter(left)) free(parts, machineId, id);
  parts.unfinished.delete(key);
}

/** Another's disk of the name that was wanted stays. */
function remove(parts: ComputeParts, machineId: string, id: string): void {
  const resource = parts.world.store.get(id);
  if (!resource) return;
  if (resource.type !== DISK) parts.world.store.delete(id);
  else if (ownersOf(resource).some((owner) => sameId(owner, machineId))) dropDisk(parts, resource);
}

/** The machine lets go of a disk or interface. */
export function free(parts: ComputeParts, machineId: string, id: string): void {
  const { store } = parts.world;
  const resource = store.get(id);
  if (!resource) return;
  if (resource.type === DISK) return detach(parts, machineId, resource);
  const { virtualMachine: _machine, ...rest } = resource.properties ?? {};
  store.put({ ...resource, properties: rest });
}
