import type { VirtualMachine, VirtualMachineRunCommandInstanceView } from '@azure/arm-compute';
import type { MachineState } from '../model/activities.ts';
import type { ErrorInfo } from '../model/errors.ts';
import { withoutQueries } from '../model/errors.ts';
import { parseResourceId } from '../model/resourceId.ts';
import { armCall, armFind, type Arm } from './arm.ts';
import { throwawaySshPublicKey } from './sshKey.ts';

const ADMIN = 'strongroom';
/** Ubuntu 22.04 LTS, generation 2 (azure-facts section 6). */
const IMAGE = {
  publisher: 'Canonical',
  offer: '0001-com-ubuntu-server-jammy',
  sku: '22_04-lts-gen2',
  version: 'latest',
};
/** The script only fetches files and starts a service. */
const SCRIPT_SECONDS = 900;
/** Azure waits for the machine's agent to remove a command; one that does not answer must not hold up the deallocation. */
const REMOVAL_MS = 3 * 60_000;

export interface WorkerMachineSpec {
  id: string;
  location: string;
  size: string;
  subnetId: string;
  networkSecurityGroupId: string;
  identityId: string;
  tags: Record<string, string>;
}

export interface BootstrapCommand {
  machineId: string;
  name: string;
  location: string;
  script: string;
  /** Environment variables; `protectedParameters` are stored sealed and never returned. */
  parameters: Record<string, string>;
  protectedParameters: Record<string, string>;
}

/** Worker machines and what is run in them (Microsoft.Compute/virtualMachines, …/runCommands). */
export interface Workers {
  state(machineId: string): Promise<{ state: MachineState; detail: string }>;
  /** Submits; does not wait. */
  create(spec: WorkerMachineSpec): Promise<void>;
  /** Submits; does not wait. */
  start(machineId: string): Promise<void>;
  /** Submits; does not wait. No error when the machine is gone. */
  deallocate(machineId: string): Promise<void>;
  /** For a machine whose creation failed: with its NIC and disk. No error when it is gone. */
  delete(machineId: string): Promise<void>;
  /**
   * Submits a managed Run Command that is not waited for: without outbound it may run and never report. One that is
   * there already is left alone: sent again, Azure would run it again.
   */
  runCommand(command: BootstrapCommand): Promise<void>;
  /** Why the command failed; null while it runs, when it succeeded and when it is not there. */
  commandError(machineId: string, name: string): Promise<ErrorInfo | null>;
  /**
   * Waits for it, up to three minutes: what runs next on the machine would meet its end. No error when the command or the
   * machine is gone. @throws AZURE_UNAVAILABLE when it takes longer
   */
  deleteCommand(machineId: string, name: string): Promise<void>;
}

/** @param removalMs shorter in tests */
export function createWorkers(arm: Arm, removalMs = REMOVAL_MS): Workers {
  const at = (id: string) => {
    const { subscriptionId, resourceGroup, name } = parseResourceId(id);
    const compute = arm.compute(subscriptionId);
    return { machines: compute.virtualMachines, commands: compute.virtualMachineRunCommands, resourceGroup, name };
  };
  return {
    async state(machineId) {
      const { machines, resourceGroup, name } = at(machineId);
      const vm = await armFind(`read worker ${machineId}`, () =>
        machines.get(resourceGroup, name, { expand: 'instanceView' }),
      );
      return vm ? machineState(vm) : { state: 'absent', detail: '' };
    },

    async create(spec) {
      const { machines, resourceGroup, name } = at(spec.id);
      const body = workerBody(spec, name, throwawaySshPublicKey());
      await armCall(`create worker ${spec.id}`, () => machines.createOrUpdate(resourceGroup, name, body).submitted());
    },

    async start(machineId) {
      const { machines, resourceGroup, name } = at(machineId);
      await armCall(`start worker ${machineId}`, () => machines.start(resourceGroup, name).submitted());
    },

    async deallocate(machineId) {
      const { machines, resourceGroup, name } = at(machineId);
      await armFind(`deallocate worker ${machineId}`, () => machines.deallocate(resourceGroup, name).submitted());
    },

    async delete(machineId) {
      const { machines, resourceGroup, name } = at(machineId);
      await armFind(`delete worker ${machineId}`, () => machines.delete(resourceGroup, name));
    },

    async runCommand({ machineId, name, location, script, parameters, protectedParameters }) {
      const { commands, resourceGroup, name: machine } = at(machineId);
      const what = `read ${name} on ${machineId}`;
      if (await armFind(what, () => commands.getByVirtualMachine(resourceGroup, machine, name))) return;
      const body = {
        location,
        source: { script },
        parameters: listed(parameters),
        protectedParameters: listed(protectedParameters),
        asyncExecution: true,
        timeoutInSeconds: SCRIPT_SECONDS,
      };
      await armCall(`run ${name} on ${machineId}`, () =>
        commands.createOrUpdate(resourceGroup, machine, name, body).submitted(),
      );
    },

    async commandError(machineId, name) {
      const { commands, resourceGroup, name: machine } = at(machineId);
      const command = await armFind(`read ${name} on ${machineId}`, () =>
        commands.getByVirtualMachine(resourceGroup, machine, name, { expand: 'instanceView' }),
      );
      return commandError(command?.instanceView);
    },

    async deleteCommand(machineId, name) {
      const { commands, resourceGroup, name: machine } = at(machineId);
      await armFind(`delete ${name} on ${machineId}`, () =>
        commands.delete(resourceGroup, machine, name, { abortSignal: AbortSignal.timeout(removalMs) }),
      );
    },
  };
}

/** The request body of a worker: no public address, trusted launch, the worker identity, a key nobody has. */
export function workerBody(spec: WorkerMachineSpec, name: string, sshPublicKey: string): VirtualMachine {
  const path = `/home/${ADMIN}/.ssh/authorized_keys`;
  return {
    location: spec.location,
    tags: spec.tags,
    identity: { type: 'UserAssigned', userAssignedIdentities: { [spec.identityId]: {} } },
    hardwareProfile: { vmSize: spec.size },
    storageProfile: {
      imageReference: IMAGE,
      osDisk: {
        createOption: 'FromImage',
        deleteOption: 'Delete',
        caching: 'ReadOnly',
        diskSizeGB: 30,
        managedDisk: { storageAccountType: 'StandardSSD_LRS' },
      },
    },
    osProfile: {
      computerName: name,
      adminUsername: ADMIN,
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        provisionVMAgent: true,
        ssh: { publicKeys: [{ path, keyData: sshPublicKey }] },
      },
    },
    networkProfile: {
      networkApiVersion: '2022-11-01',
      networkInterfaceConfigurations: [
        {
          name: 'nic0',
          primary: true,
          deleteOption: 'Delete',
          enableAcceleratedNetworking: true,
          networkSecurityGroup: { id: spec.networkSecurityGroupId },
          ipConfigurations: [{ name: 'ip0', primary: true, subnet: { id: spec.subnetId } }],
        },
      ],
    },
    securityProfile: { securityType: 'TrustedLaunch', uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
}

/** A machine's state from its provisioning state and the power status of its instance view. */
export function machineState(vm: VirtualMachine): { state: MachineState; detail: string } {
  const statuses = vm.instanceView?.statuses ?? [];
  const power = statuses.find(({ code }) => code?.startsWith('PowerState/'))?.code?.slice('PowerState/'.length);
  const detail = statuses.find(({ level }) => level === 'Error')?.message ?? '';
  return { state: stateOf(vm.provisioningState, power), detail: withoutQueries(detail) };
}

function stateOf(provisioning: string | undefined, power: string | undefined): MachineState {
  if (provisioning === 'Creating') return 'creating';
  if (power === 'deallocated') return 'deallocated';
  if (provisioning === 'Failed') return 'failed';
  if (power === 'running') return 'running';
  if (power === 'stopped') return 'stopped';
  return power === 'stopping' || power === 'deallocating' ? 'stopping' : 'starting';
}

/** What a bootstrap script's instance view says went wrong. The script prints `BINARY_MISMATCH` and the file's name. */
export function commandError(view: VirtualMachineRunCommandInstanceView | undefined): ErrorInfo | null {
  const ended = view?.executionState === 'Failed' || view?.executionState === 'TimedOut';
  if (!view || !(ended || (view.exitCode !== undefined && view.exitCode !== 0))) return null;
  const text = [view.output, view.error, view.executionMessage].filter(Boolean).join('\n');
  const mismatch = /^.*BINARY_MISMATCH.*$/m.exec(text);
  if (mismatch) {
    return {
      code: 'BINARY_MISMATCH',
      message: `A worker file was refused: ${withoutQueries(mismatch[0].trim())}`,
      retryable: false,
    };
  }
  const last = text.trim().split('\n').at(-1) ?? '';
  return { code: 'WORKER_LOST', message: `The worker's start script failed: ${withoutQueries(last)}`, retryable: true };
}

function listed(values: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
