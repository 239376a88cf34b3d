import type { VirtualMachine } from '@azure/arm-compute';
import { expect } from 'vitest';
import { LOCATION, problems, SSH_KEY, SUBNET } from './world.ts';
import type { ComputeWorld } from './world.ts';

export const JAMMY = {
  publisher: 'Canonical',
  offer: '0001-com-ubuntu-server-jammy',
  sku: '22_04-lts-gen2',
  version: 'latest',
};

/** A small Linux machine with an interface of its own. */
export function machineBody(name: string, more: Partial<VirtualMachine> = {}): VirtualMachine {
  return {
    location: LOCATION,
    hardwareProfile: { vmSize: 'Standard_B1s' },
    storageProfile: {
      imageReference: JAMMY,
      osDisk: { createOption: 'FromImage', name: `${name}-os`, deleteOption: 'Delete', diskSizeGB: 4 },
    },
    osProfile: {
      computerName: name,
      adminUsername: 'azureuser',
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: SSH_KEY }] },
      },
    },
    networkProfile: {
      networkApiVersion: '2022-11-01',
      networkInterfaceConfigurations: [
        {
          name: 'nic0',
          primary: true,
          deleteOption: 'Delete',
          ipConfigurations: [{ name: 'ip0', primary: true, subnet: { id: SUBNET } }],
        },
      ],
    },
    ...more,
  };
}

export const createMachine = (world: ComputeWorld, name: string, more: Partial<VirtualMachine> = {}) =>
  world.sdk.virtualMachines.createOrUpdate('rg', name, machineBody(name, more));

/** Codes of a machine's instance view: `PowerState/running` and the like. */
export async function codes(world: ComputeWorld, name: string): Promise<string[]> {
  const { statuses } = await world.sdk.virtualMachines.instanceView('rg', name);
  return statuses!.map(({ code }) => code!);
}

/** Everything that was said fits Azure's published types, where those are at hand. */
export async function expectTypes(world: ComputeWorld): Promise<void> {
  expect((await problems(world.exchanges)) ?? []).toEqual([]);
}
