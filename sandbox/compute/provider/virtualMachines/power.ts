import { setProvisioningState } from '../../../arm/resource.ts';
import type { ArmError } from '../../../arm/types.ts';
import type { ArmResource } from '../../../arm/types.ts';
import { place } from '../catalogue/capacity.ts';
import { activeSas, notAllowed } from '../errors.ts';
import { object, objects, text } from '../fields.ts';
import type { ComputeParts, PowerState } from '../parts.ts';
import { diskIdOf } from './attachments.ts';
import { isAllocated, powerOf } from './machineView.ts';

/** Switches machines on and off, and keeps what is known of their power. */
export function machinePower(parts: ComputeParts) {
  const { store } = parts.world;
  const vmIdOf = (machine: ArmResource) => text(machine.properties, 'vmId') ?? '';
  const set = (machine: ArmResource, power: PowerState) => parts.power.set(machine.id.toLowerCase(), power);
  const there = (machine: ArmResource) => store.get(machine.id)?.properties?.['vmId'] === machine.properties?.['vmId'];

  return {
    /**
     * Finds a machine a place, unless it has one.
     * @returns why there is none
     * @throws ArmError 409 SkuNotAvailable
     */
    place(machine: ArmResource): ArmError | undefined {
      const [zone] = (machine['zones'] ?? []) as string[];
      const size = text(object(machine.properties, 'hardwareProfile'), 'vmSize') ?? '';
      return place(parts, { id: machine.id, size, location: machine.location ?? '', zone });
    },

    /** What came of the search for a place. @throws the reason why there is none, which the instance view then shows */
    settle(machine: ArmResource, noPlace: ArmError | undefined): void {
      const key = machine.id.toLowerCase();
      parts.failures.delete(key);
      if (!noPlace) return;
      parts.failures.set(key, { code: noPlace.code, message: noPlace.message });
      throw noPlace;
    },

    /** Switches it on, where it has a place. */
    async boot(machine: ArmResource): Promise<void> {
      if (!there(machine)) return;
      set(machine, 'starting');
      await parts.machines.boot({ vmId: vmIdOf(machine), resourceId: machine.id });
      set(machine, 'running');
    },

    /** Switches it off. A deallocated machine stays so. */
    async halt(machine: ArmResource, power: 'stopped' | 'deallocated'): Promise<void> {
      if (!there(machine) || (power === 'stopped' && !isAllocated(parts, machine))) return;
      if (isAllocated(parts, machine)) set(machine, power === 'stopped' ? 'stopping' : 'deallocating');
      await parts.machines.stop(vmIdOf(machine));
      set(machine, power);
    },

    /** @throws ArmError 409 OperationNotAllowed when the machine is generalized, or one of its disks is exported */
    refuseStart(machine: ArmResource): void {
      if (parts.generalized.has(machine.id.toLowerCase())) {
        throw notAllowed(`VM '${machine.name}' is generalized. A generalized VM cannot be started.`);
      }
      const storage = object(machine.properties, 'storageProfile');
      for (const disk of [object(storage, 'osDisk'), ...objects(storage, 'dataDisks')]) {
        const id = diskIdOf(disk) ?? '';
        if (parts.sas.active(id)) throw activeSas(id.split('/').at(-1)!);
      }
    },

    /** @throws ArmError 409 OperationNotAllowed */
    refuseUnlessAllocated(machine: ArmResource, operation: string): void {
      if (isAllocated(parts, machine)) return;
      throw notAllowed(
        `Operation '${operation}' is not allowed on VM '${machine.name}' since the VM is ${powerOf(parts, machine)}.`,
      );
    },

    /** @throws ArmError 409 OperationNotAllowed */
    refuseEphemeral(machine: ArmResource, operation: string): void {
      const osDisk = object(object(machine.properties, 'storageProfile'), 'osDisk');
      if (text(object(osDisk, 'diffDiskSettings'), 'option') !== 'Local') return;
      throw notAllowed(
        `Operation '${operation}' is not supported on VMs or VM Scale Set instances using an ephemeral OS disk.`,
      );
    },

    /** Nothing is left of it. */
    async remove(machine: ArmResource): Promise<void> {
      const key = machine.id.toLowerCase();
      await parts.machines.remove(vmIdOf(machine));
      parts.power.delete(key);
      parts.generalized.delete(key);
      parts.failures.delete(key);
      parts.osSecrets.delete(key);
    },
  };
}

export type MachinePower = ReturnType<typeof machinePower>;

/** After a restart of the world: what ran is switched on again, what was on its way is where it was going. */
export async function resumeMachines(parts: ComputeParts): Promise<void> {
  const { store } = parts.world;
  const power = machinePower(parts);
  const settled: Partial<Record<PowerState, PowerState>> = { stopping: 'stopped', deallocating: 'deallocated' };
  for (const [key, report] of [...parts.reports.entries()]) {
    if (report.state !== 'Running') continue;
    const message = 'The machine was restarted while the command ran.';
    parts.reports.set(key, { ...report, state: 'Failed', endTime: parts.world.clock.iso(), exitCode: 137, message });
  }
  const resume = async ([id, state]: [string, PowerState]): Promise<void> => {
    const machine = store.get(id);
    if (!machine) parts.power.delete(id);
    else if (state === 'running' || state === 'starting') {
      await power.boot(machine);
      // Its creation or update may have been cut off; the machine stands. One that found no place has failed still.
      if (!parts.failures.has(id)) setProvisioningState(store, id, 'Succeeded');
    } else parts.power.set(id, settled[state] ?? state);
  };
  await Promise.all([...parts.power.entries()].map(resume));
}
