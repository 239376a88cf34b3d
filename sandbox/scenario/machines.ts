import { resolve } from 'node:path';
import type { Sandbox } from '../index.ts';
import { diskContent } from './content.ts';
import type { ScenarioDisk, ScenarioMachine } from './schema.ts';
import type { Steps } from './steps.ts';

const DISK = 'Microsoft.Compute/disks';
const MACHINE = 'Microsoft.Compute/virtualMachines';
const NETWORK = 'Microsoft.Network/virtualNetworks';
/** A key whose private part nobody has. */
const SSH_KEY = [
  'ssh-rsa ',
  'AAAAB3NzaC1yc2EAAAADAQABAAABAQDRkhfy42S1BmNvCcjGpqBR8DqjS5NmdqN43QcWCvS7kNCp/BljCgumvUiVrW8T1roBrQVi',
  'TT2OqYlu4UjNtrC32le7DwHO5F42FDxnn9LGR04A1qAayz+Teb0yFqLAdvZRc3G3f2UQyRRbp3V761znoMl+Ii9udQADuMJgtJ2T',
  'XPmn9mUZIV/efszLn4NkgkUryPW1/C1/DjhNnU2cI2h7Q18QLpi2P0Es0QhUGCoJgSIAWrld9F1F0mpeDwy6imHG0mFTzQnFP2FY',
  'kjaIvDf8aBDDFHhwLAdgva7cSmvJa9Jj44C+gp+spJL/elpAg9AKeKK3GnfYGbgx7vzwQFZH',
  ' nobody',
].join('');

interface NamedDisk extends ScenarioDisk {
  name: string;
  id: string;
}

/** Makes a machine with its network and its disks, fills these, and switches it as told. */
export async function makeMachine(
  sandbox: Sandbox,
  steps: Steps,
  machine: ScenarioMachine,
  folder: string,
): Promise<void> {
  const { name, tags, zone, power } = machine;
  const group = steps.groupId(machine.resourceGroup, machine.subscription);
  const location = machine.location ?? steps.location;
  const placed = { location, ...(zone !== undefined && { zones: [zone] }), ...(tags && { tags }) };
  const named = (disk: ScenarioDisk, usual: string): NamedDisk => {
    const diskName = disk.name ?? `${name}-${usual}`;
    return { ...disk, name: diskName, id: `${group}/providers/${DISK}/${diskName}` };
  };
  const osDisk = named(machine.osDisk, 'os');
  const dataDisks = machine.dataDisks.map((disk, lun) => named(disk, `data-${lun}`));
  const subnet = machine.subnet ?? (await ensureNetwork(steps, group, location));

  for (const { id, sku = 'Premium_LRS', sizeGiB = 1 } of dataDisks) {
    const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: sizeGiB };
    await steps.ensure(id, DISK, { ...placed, sku: { name: sku }, properties });
  }
  // Before the machine has them: a disk takes its image's size.
  for (const disk of dataDisks) await fill(sandbox, disk, folder);
  const id = `${group}/providers/${MACHINE}/${name}`;
  await steps.ensure(id, MACHINE, { ...placed, ...machineBody(machine, osDisk, dataDisks, subnet) });
  await fill(sandbox, osDisk, folder);
  if (power === 'stopped') await steps.act(id, MACHINE, 'powerOff');
  if (power === 'deallocated') await steps.act(id, MACHINE, 'deallocate');
}

/** The virtual network of a group's machines that name no subnet. */
async function ensureNetwork(steps: Steps, group: string, location: string): Promise<string> {
  const id = `${group}/providers/${NETWORK}/${group.split('/').at(-1)}-network`;
  const subnets = [{ name: 'default', properties: { addressPrefix: '10.0.0.0/20' } }];
  await steps.ensure(id, NETWORK, {
    location,
    properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] }, subnets },
  });
  return `${id}/subnets/default`;
}

function machineBody(
  { name, size, identity }: ScenarioMachine,
  osDisk: NamedDisk,
  dataDisks: NamedDisk[],
  subnet: string,
): object {
  const keys = [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: SSH_KEY }];
  return {
    ...(identity && { identity }),
    properties: {
      hardwareProfile: { vmSize: size },
      storageProfile: {
        imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
        osDisk: {
          name: osDisk.name,
          createOption: 'FromImage',
          diskSizeGB: osDisk.sizeGiB ?? 1,
          managedDisk: { storageAccountType: osDisk.sku ?? 'Premium_LRS' },
        },
        dataDisks: dataDisks.map(({ id }, lun) => ({ lun, createOption: 'Attach', managedDisk: { id } })),
      },
      osProfile: {
        computerName: name,
        adminUsername: 'azureuser',
        linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys: keys } },
      },
      networkProfile: {
        networkApiVersion: '2022-11-01',
        networkInterfaceConfigurations: [
          {
            name: `${name}-nic`,
            properties: { primary: true, ipConfigurations: [{ name: 'ip', properties: { subnet: { id: subnet } } }] },
          },
        ],
      },
    },
  };
}

/** Puts the content on a disk, once in the world's life. */
async function fill({ disks, world }: Sandbox, disk: NamedDisk, folder: string): Promise<void> {
  const filled = world.state.map<true>('scenario.filled');
  const { id, image, data = 0, seed = disk.name } = disk;
  if (filled.has(id)) return;
  if (image !== undefined) await disks.import(id, resolve(folder, image));
  for (const region of diskContent(seed, disks.size(id), data)) await disks.write(id, region.offset, region.data);
  filled.set(id, true);
}
