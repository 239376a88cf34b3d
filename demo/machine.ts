import type { SessionView } from '../model/session.ts';
import { inspectImage } from '../sandbox/compute/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { applyScenario, randomBytesOf, scenario } from '../sandbox/scenario/index.ts';

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

/** Creates a resource group with a running machine: an OS disk, two data disks, and one for each image file. */
export async function addMachine(
  sandbox: Sandbox,
  { region, diskFiles, data }: { region: string; diskFiles: string[]; data: [number, number, number] },
): Promise<DemoMachine> {
  const { subscriptionId, disks } = sandbox;
  const group = 'shop';
  const dataDisks = [
    { name: 'web-data', sizeGiB: 1, data: data[1] },
    { name: 'web-logs', sizeGiB: 2, data: data[2] },
    ...diskFiles.map((image, i) => ({ name: `web-file-${i + 1}`, image })),
  ];
  const osDisk = { name: 'web-os', sizeGiB: 1, data: data[0] };
  const shop = scenario({
    location: region,
    resourceGroups: [{ name: group }],
    virtualMachines: [{ name: 'web', resourceGroup: group, osDisk, dataDisks }],
  });
  await applyScenario(sandbox, shop);
  const resourceGroupId = `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
  const compute = `${resourceGroupId}/providers/Microsoft.Compute`;
  const made = [osDisk, ...dataDisks].map(async (disk, i): Promise<DemoDisk> => {
    const id = `${compute}/disks/${disk.name}`;
    const length = 'image' in disk ? (await inspectImage(disk.image)).contentBytes : disks.size(id);
    return { key: i === 0 ? 'os' : `lun${i - 1}`, id, length };
  });
  return { id: `${compute}/virtualMachines/web`, resourceGroupId, disks: await Promise.all(made) };
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

const BLOCK = 256 * 1024;

/** The bytes of all blocks that the changes touch: what a comparison may read, beside its spot check. */
export function changedBlockBytes(changes: Change[], blockSize = BLOCK): number {
  const blocks = new Set<string>();
  for (const { disk, offset, length } of changes) {
    for (let block = Math.floor(offset / blockSize); block * blockSize < offset + length; block++)
      blocks.add(`${disk.key} ${block}`);
  }
  return blocks.size * blockSize;
}

/** The most that a session's comparisons read of blocks that had not changed, to see whether that is so. */
export function spotCheckBytes({ disks }: SessionView): number {
  const sampled = disks.map(({ mode }) => (mode?.mode === 'incremental' ? (mode.sampled ?? 0) : 0));
  return sampled.reduce((sum, blocks) => sum + blocks, 0) * BLOCK;
}
