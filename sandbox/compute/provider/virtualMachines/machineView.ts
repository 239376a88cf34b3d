import type { ArmCall, ArmResource } from '../../../arm/types.ts';
import { object, objects, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { ComputeParts, PowerState } from '../parts.ts';
import { diskIdOf } from './attachments.ts';
import { currentStorageProfile } from './machineDisks.ts';

export function powerOf(parts: ComputeParts, machine: ArmResource): PowerState {
  return parts.power.get(machine.id.toLowerCase()) ?? 'deallocated';
}

/** Whether the machine has a place on a host: it runs, or is only switched off. */
export function isAllocated(parts: ComputeParts, machine: ArmResource): boolean {
  return !['deallocated', 'deallocating'].includes(powerOf(parts, machine));
}

/** A machine's instance view: provisioning and power state, agent, disks; nothing of the system that runs in it. */
export function instanceView(parts: ComputeParts, machine: ArmResource): Json {
  const time = parts.world.clock.iso();
  const power = powerOf(parts, machine);
  const storage = object(machine.properties, 'storageProfile');
  const osDisk = parts.world.store.get(diskIdOf(object(storage, 'osDisk')) ?? '');
  const status = (code: string, displayStatus: string, more: Json = {}) => ({
    code,
    level: 'Info',
    displayStatus,
    ...more,
  });
  const ok = (displayStatus: string) => [status('ProvisioningState/succeeded', displayStatus, { time })];
  const osProfile = object(machine.properties, 'osProfile');
  const bootDiagnostics = object(object(machine.properties, 'diagnosticsProfile'), 'bootDiagnostics');
  return {
    computerName: text(osProfile, 'computerName') ?? machine.name,
    hyperVGeneration: text(properties(osDisk), 'hyperVGeneration') ?? 'V1',
    ...(power === 'running' && {
      vmAgent: {
        vmAgentVersion: '2.13.1.1',
        extensionHandlers: [],
        statuses: [status('ProvisioningState/succeeded', 'Ready', { message: 'Guest Agent is running', time })],
      },
    }),
    ...(bootDiagnostics['enabled'] === true && { bootDiagnostics: {} }),
    disks: [object(storage, 'osDisk'), ...objects(storage, 'dataDisks')].map((disk) => ({
      name: disk['name'],
      statuses: ok('Provisioning succeeded'),
    })),
    statuses: [
      provisioningStatus(parts, machine, time),
      ...(parts.generalized.has(machine.id.toLowerCase()) ? [status('OSState/generalized', 'VM generalized')] : []),
      status(`PowerState/${power}`, `VM ${power}`),
    ],
  };
}

/** A machine that failed says why: the code follows the state. */
function provisioningStatus(parts: ComputeParts, machine: ArmResource, time: string): Json {
  const state = (text(machine.properties, 'provisioningState') ?? 'Succeeded').toLowerCase();
  const failure = state === 'failed' ? parts.failures.get(machine.id.toLowerCase()) : undefined;
  return {
    code: ['ProvisioningState', state, ...(failure ? [failure.code] : [])].join('/'),
    level: state === 'failed' ? 'Error' : 'Info',
    displayStatus: `Provisioning ${state}`,
    ...(failure && { message: failure.message }),
    time,
  };
}

/** Whether a request asks for `$expand=<name>`. */
export function expands(call: ArmCall, name: string): boolean {
  return (call.query.get('$expand') ?? '').toLowerCase().split(',').includes(name.toLowerCase());
}

/** A machine as GET and lists show it; `statusOnly=true`: how it is, not what it is made of. */
export function shownMachine(parts: ComputeParts, machine: ArmResource, call: ArmCall): ArmResource {
  if (call.query.get('statusOnly')?.toLowerCase() === 'true') {
    const { id, name, type, location } = machine;
    const { vmId, provisioningState } = properties(machine);
    return {
      id,
      name,
      type,
      ...(location && { location }),
      properties: { vmId, provisioningState, instanceView: instanceView(parts, machine) },
    };
  }
  const { userData, ...rest } = properties(machine);
  return {
    ...machine,
    properties: {
      ...rest,
      storageProfile: currentStorageProfile(parts, object(machine.properties, 'storageProfile')),
      ...(userData !== undefined && expands(call, 'userData') && { userData }),
      ...(expands(call, 'instanceView') && { instanceView: instanceView(parts, machine) }),
    },
  };
}
