import type { Sandbox } from '../sandbox/index.ts';
import { diskContent, randomBytesOf } from './content.ts';

const MiB = 1024 ** 2;

export interface DemoDisk {
  /** As the API names it: `os`, `lun0`, … */
  key: string;
  id: string;
  /** Bytes that are compared: the disk's size, or the length of the image it was made from. */
  length: number;
}

export interface DemoMachine {
  id: string;
  resourceGroupId: string;
  disks: DemoDisk[];
}

/** Bytes of data on the disks that the demo makes itself: OS disk, first and second data disk. */
export const usualData: [number, number, number] = [256 * MiB, 160 * MiB, 96 * MiB];

function ownDisks(data: [number, number, number]) {
  return [
    { key: 'os', name: 'web-os', gib: 1, data: data[0] },
    { key: 'lun0', name: 'web-data', gib: 1, data: data[1] },
    { key: 'lun1', name: 'web-logs', gib: 2, data: data[2] },
  ];
}

/** Creates a resource group with a running machine: an OS disk, two data disks, and one for each image file. */
export async function addMachine(
  sandbox: Sandbox,
  { region, diskFiles, data }: { region: string; diskFiles: string[]; data: [number, number, number] },
): Promise<DemoMachine> {
  const sizes = ownDisks(data);
  const { client, subscriptionId, disks } = sandbox;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/shop`;
  const put = (path: string, version: string, body: object) =>
    client.arm('PUT', `${group}${path}?api-version=${version}`, { location: region, ...body });
  const compute = `${group}/providers/Microsoft.Compute`;
  await put('', '2025-04-01', {});
  await put('/providers/Microsoft.Network/virtualNetworks/shop', '2025-09-01', {
    properties: {
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
      subnets: [{ name: 'web', properties: { addressPrefix: '10.1.0.0/24' } }],
    },
  });
  const dataDisk = (name: string, gib: number) =>
    put(`/providers/Microsoft.Compute/disks/${name}`, '2026-03-02', {
      sku: { name: 'Premium_LRS' },
      properties: { creationData: { createOption: 'Empty' }, diskSizeGB: gib },
    });
  const own = sizes.map(({ key, name, data }) => ({ key, name, data, id: `${compute}/disks/${name}` }));
  for (const { name, gib } of sizes.slice(1)) await dataDisk(name, gib);
  const files = diskFiles.map((file, i) => ({
    key: `lun${i + 2}`,
    name: `web-file-${i + 1}`,
    file,
    id: `${compute}/disks/web-file-${i + 1}`,
  }));
  const made: DemoDisk[] = [];
  for (const { key, name, file, id } of files) {
    await dataDisk(name, 1);
    made.push({ key, id, length: (await disks.import(id, file)).contentBytes });
  }
  const attached = [...own.slice(1), ...files];
  await put('/providers/Microsoft.Compute/virtualMachines/web', '2026-04-01', {
    properties: {
      hardwareProfile: { vmSize: 'Standard_D2s_v5' },
      storageProfile: {
        imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
        osDisk: {
          name: own[0]!.name,
          createOption: 'FromImage',
          diskSizeGB: sizes[0]!.gib,
          managedDisk: { storageAccountType: 'Premium_LRS' },
        },
        dataDisks: attached.map(({ id }, lun) => ({ lun, createOption: 'Attach', managedDisk: { id } })),
      },
      osProfile: {
        computerName: 'web',
        adminUsername: 'shopadmin',
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: {
            publicKeys: [{ path: '/home/shopadmin/.ssh/authorized_keys', keyData: 'ssh-rsa AAAAB3NzaC1yc2E= demo' }],
          },
        },
      },
      networkProfile: {
        networkApiVersion: '2022-11-01',
        networkInterfaceConfigurations: [
          {
            name: 'web-nic',
            properties: {
              primary: true,
              ipConfigurations: [
                {
                  name: 'ip',
                  properties: {
                    subnet: { id: `${group}/providers/Microsoft.Network/virtualNetworks/shop/subnets/web` },
                  },
                },
              ],
            },
          },
        ],
      },
    },
  });
  for (const { id, name, data } of own) {
    for (const region of diskContent(name, disks.size(id), data)) await disks.write(id, region.offset, region.data);
  }
  const ownMade = own.map(({ key, id }) => ({ key, id, length: disks.size(id) }));
  return { id: `${compute}/virtualMachines/web`, resourceGroupId: group, disks: [...ownMade, ...made] };
}

/** What the guest wrote between two backups. */
export interface Change {
  disk: DemoDisk;
  offset: number;
  length: number;
}

/** Scattered small writes on the first two disks, as a guest makes them. `seed` gives other places and bytes. */
export async function changeBlocks(sandbox: Sandbox, machine: DemoMachine, seed: string): Promise<Change[]> {
  const changes: Change[] = [];
  for (const disk of machine.disks.slice(0, 2)) {
    const dice = randomBytesOf(seed + disk.key, 0, 24 * 8);
    for (let i = 0; i < 24; i++) {
      const length = 4096 * (1 + (dice[i * 8]! % 16));
      const places = Math.floor((disk.length - length) / 4096);
      const offset = (dice.readUInt32BE(i * 8 + 1) % places) * 4096;
      await sandbox.disks.write(disk.id, offset, randomBytesOf(seed, offset, length));
      changes.push({ disk, offset, length });
    }
  }
  return changes;
}

/** The bytes of all blocks that the changes touch: what a comparison may read. */
export function changedBlockBytes(changes: Change[], blockSize = 256 * 1024): number {
  const blocks = new Set<string>();
  for (const { disk, offset, length } of changes) {
    for (let block = Math.floor(offset / blockSize); block * blockSize < offset + length; block++)
      blocks.add(`${disk.key} ${block}`);
  }
  return blocks.size * blockSize;
}
