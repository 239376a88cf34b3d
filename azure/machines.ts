import type { VirtualMachine } from '@azure/arm-compute';
import { StrongroomError } from '../model/errors.ts';
import { parseResourceIdOf } from '../model/resourceId.ts';
import { armCall, armFind, type Arm } from './arm.ts';

/** A protected virtual machine and where its disks are. */
export interface MachineInfo {
  id: string;
  name: string;
  /** Region name as the site layout writes it: lower case, no spaces. */
  location: string;
  /** As ARM returned it. */
  raw: Record<string, unknown>;
  disks: { key: string; lun: number | null; diskId: string }[];
}

/** Protected virtual machines, read only (Microsoft.Compute/virtualMachines). */
export interface Machines {
  /** @throws INVALID_INPUT for an id of another type, NOT_FOUND, UNSUPPORTED naming a disk that cannot be snapshot */
  get(id: string): Promise<MachineInfo>;
  /** Whether a disk access stands: a site without one cannot export. */
  diskAccessExists(id: string): Promise<boolean>;
}

export function createMachines(arm: Arm): Machines {
  return {
    async get(id) {
      const { subscriptionId, resourceGroup, name } = parseResourceIdOf('Microsoft.Compute/virtualMachines', id);
      let raw: Record<string, unknown> = {};
      const vm = await armCall(`read virtual machine ${id}`, () =>
        arm.compute(subscriptionId).virtualMachines.get(resourceGroup, name, {
          onResponse: ({ bodyAsText, status }) => {
            if (status === 200 && bodyAsText) raw = JSON.parse(bodyAsText) as Record<string, unknown>;
          },
        }),
      );
      return { id: vm.id!, name: vm.name!, location: region(vm.location), raw, disks: disksOf(vm) };
    },

    async diskAccessExists(id) {
      const { subscriptionId, resourceGroup, name } = parseResourceIdOf('Microsoft.Compute/diskAccesses', id);
      const diskAccesses = arm.compute(subscriptionId).diskAccesses;
      return (await armFind(`read disk access ${id}`, () => diskAccesses.get(resourceGroup, name))) !== undefined;
    },
  };
}

/** The managed disks of a machine. @throws UNSUPPORTED for unmanaged and ephemeral disks (azure-facts section 2.3) */
export function disksOf(vm: VirtualMachine): MachineInfo['disks'] {
  const { osDisk, dataDisks = [] } = vm.storageProfile ?? {};
  const managed = (key: string, disk: { managedDisk?: { id?: string }; name?: string } | undefined) => {
    const diskId = disk?.managedDisk?.id;
    if (diskId) return diskId;
    throw new StrongroomError(
      'UNSUPPORTED',
      `Disk ${disk?.name ?? key} of ${vm.id} is not a managed disk; it cannot be backed up.`,
    );
  };
  if (osDisk?.diffDiskSettings?.option) {
    throw new StrongroomError('UNSUPPORTED', `The OS disk of ${vm.id} is ephemeral: Azure takes no snapshots of it.`);
  }
  return [
    { key: 'os', lun: null, diskId: managed('os', osDisk) },
    ...dataDisks.map((disk) => ({ key: `lun${disk.lun}`, lun: disk.lun, diskId: managed(`lun${disk.lun}`, disk) })),
  ];
}

function region(location: string): string {
  return location.toLowerCase().replaceAll(' ', '');
}
