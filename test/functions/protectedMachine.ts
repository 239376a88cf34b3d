import type { Disk } from '@azure/arm-compute';
import { diskAccesses, siteLayout, type SiteKey } from '../../model/site/layout.ts';
import { GROUP, IDENTITY, LOCATION, SUBNET, type ComputeWorld } from '../sandbox/compute/world.ts';

export const vmId = `${GROUP}/providers/Microsoft.Compute/virtualMachines/web`;
export const dataDisk = `${GROUP}/providers/Microsoft.Compute/disks/web-data`;

/** A site's group with two disk accesses. */
export async function addSite(world: ComputeWorld, site: SiteKey): Promise<void> {
  const { id, name } = siteLayout(site).resourceGroup;
  world.arm.world.store.put({ id, name, type: 'Microsoft.Resources/resourceGroups', location: LOCATION });
  for (const access of diskAccesses(site, 2))
    await world.sdk.diskAccesses.createOrUpdate(name, access.name, { location: LOCATION });
}

/** The machine `web` with an OS disk and a data disk at lun 0. */
export async function addMachine(world: ComputeWorld, data: Partial<Disk> = {}): Promise<void> {
  await world.sdk.disks.createOrUpdate('rg', 'web-data', {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB: 1,
    ...data,
  });
  await world.sdk.virtualMachines.createOrUpdate('rg', 'web', {
    location: LOCATION,
    hardwareProfile: { vmSize: 'Standard_D2ds_v5' },
    identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
    storageProfile: {
      imageReference: {
        publisher: 'Canonical',
        offer: '0001-com-ubuntu-server-jammy',
        sku: '22_04-lts-gen2',
        version: 'latest',
      },
      osDisk: { createOption: 'FromImage', diskSizeGB: 1 },
      dataDisks: [{ lun: 0, createOption: 'Attach', managedDisk: { id: dataDisk } }],
    },
    osProfile: { computerName: 'web', adminUsername: 'webadmin', adminPassword: 'Secret-1!' },
    networkProfile: {
      networkApiVersion: '2022-11-01',
      networkInterfaceConfigurations: [
        { name: 'nic', primary: true, ipConfigurations: [{ name: 'ip', primary: true, subnet: { id: SUBNET } }] },
      ],
    },
  });
}
