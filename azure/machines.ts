import type { OSDisk, VirtualMachine } from '@azure/arm-compute';
import { StrongroomError } from '../model/errors.ts';
import { parseResourceIdOf } from '../model/resourceId.ts';
import { armCall, type Arm } from './arm.ts';

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
  };
}

/**
 * The managed disks of a machine.
 * @throws UNSUPPORTED naming a disk that is unmanaged, ephemeral or without an id (azure-facts section 2.3)
 */
export function disksOf(vm: VirtualMachine): MachineInfo['disks'] {
  const { osDisk, dataDisks = [] } = vm.storageProfile ?? {};
  const managed = (key: string, disk: VirtualMachineDisk | undefined) => {
    const diskId = disk?.managedDisk?.id;
    const refusal = refusalOf(disk);
    if (diskId && !refusal) return diskId;
    throw new StrongroomError('UNSUPPORTED', `Disk ${disk?.name ?? key} of ${vm.id} ${refusal || WITHOUT_ID}`);
  };
  return [
    { key: 'os', lun: null, diskId: managed('os', osDisk) },
    ...dataDisks.map((disk) => ({ key: `lun${disk.lun}`, lun: disk.lun, diskId: managed(`lun${disk.lun}`, disk) })),
  ];
}

type VirtualMachineDisk = Pick<OSDisk, 'name' | 'managedDisk' | 'vhd' | 'diffDiskSettings'>;

const WITHOUT_ID =
  'has no managed disk that Azure names. Finish or repair the deployment of the machine, then back it up again.';

/** Why a disk cannot be backed up, and the way out; '' when it can. */
function refusalOf(disk: VirtualMachineDisk | undefined): string {
  if (disk?.vhd) return 'is unmanaged, which Azure retired in March 2026. Convert the machine to managed disks.';
  if (disk?.diffDiskSettings?.option)
    return 'is ephemeral: Azure takes no snapshots of it. Give the machine an OS disk that persists.';
  return '';
}

function region(location: string): string {
  return location.toLowerCase().replaceAll(' ', '');
}
