import type { ArmCall, ArmResource } from '../../../arm/types.ts';
import { object, objects, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { diskIdOf } from './machineDisks.ts';
import type { ComputeParts, PowerState } from '../parts.ts';

const DISPLAY: Record<PowerState, string> = {
  starting: 'VM starting',
  running: 'VM running',
  stopped: 'VM stopped',
  deallocated: 'VM deallocated',
};

export function powerOf(parts: ComputeParts, machine: ArmResource): PowerState {
  return parts.power.get(machine.id.toLowerCase()) ?? 'deallocated';
}

/** A machine's instance view: provisioning and power state, agent, disks; nothing of the system that runs in it. */
export function instanceView(parts: ComputeParts, machine: ArmResource): Json {
  const time = parts.world.clock.iso();
  const power = powerOf(parts, machine);
  const provisioning = text(machine.properties, 'provisioningState') ?? 'Succeeded';
  const storage = object(machine.properties, 'storageProfile');
  const osDisk = parts.world.store.get(diskIdOf(object(storage, 'osDisk')) ?? '');
  const ok = (displayStatus: string) => [{ code: 'ProvisioningState/succeeded', level: 'Info', displayStatus, time }];
  return {
    computerName: text(object(machine.properties, 'osProfile'), 'computerName') ?? machine.name,
    hyperVGeneration: text(properties(osDisk), 'hyperVGeneration') ?? 'V1',
    ...(power === 'running' && {
      vmAgent: { vmAgentVersion: '2.13.1.1', extensionHandlers: [], statuses: ok('Ready') },
    }),
    disks: [object(storage, 'osDisk'), ...objects(storage, 'dataDisks')].map((disk) => ({
      name: disk['name'],
      statuses: ok('Provisioning succeeded'),
    })),
    statuses: [
      {
        code: `ProvisioningState/${provisioning.toLowerCase()}`,
        level: 'Info',
        displayStatus: `Provisioning ${provisioning.toLowerCase()}`,
        time,
      },
      { code: `PowerState/${power}`, level: 'Info', displayStatus: DISPLAY[power] },
    ],
  };
}

/** Whether a request asks for `$expand=<name>`. */
export function expands(call: ArmCall, name: string): boolean {
  return (call.query.get('$expand') ?? '').toLowerCase().split(',').includes(name.toLowerCase());
}
