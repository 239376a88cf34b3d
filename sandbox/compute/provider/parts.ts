import type { ArmWorld } from '../../arm/types.ts';
import type { DiskSas } from '../disks/sas.ts';
import type { VhdBlobs } from '../disks/vhdBlobs.ts';
import type { Volumes } from '../disks/volumes.ts';
import type { Execution } from '../machines/execution.ts';
import type { Machines } from '../machines/machines.ts';

export type PowerState = 'starting' | 'running' | 'stopped' | 'deallocated';

/** Limits that Azure documents and that a world may turn. */
export interface ComputeLimits {
  /** Snapshots of one disk within five minutes (incremental snapshots, restrictions). */
  snapshotsPerFiveMinutes: number;
}

/** A managed Run Command that was started. */
export interface RunCommandRun {
  execution: Execution;
  startTime: string;
  /** Set at its end. */
  end?: { state: 'Succeeded' | 'Failed' | 'TimedOut' | 'Canceled'; exitCode: number; endTime: string };
}

/** What the resource types of Microsoft.Compute share. Keys of the maps are lower-case resource ids. */
export interface ComputeParts {
  world: ArmWorld;
  volumes: Volumes;
  sas: DiskSas;
  blobs: VhdBlobs;
  machines: Machines;
  limits: ComputeLimits;
  /** Raw image or fixed VHD that OS disks made from an image begin with. */
  imageDisk: string | undefined;
  /** Upload disks that are not finished. */
  uploads: Map<string, 'ready' | 'active'>;
  power: Map<string, PowerState>;
  runs: Map<string, RunCommandRun>;
  /** Of each disk's uniqueId: the family of its incremental snapshots. */
  families: Map<string, string>;
  /** Of each disk's uniqueId: when its snapshots were taken, in milliseconds. */
  snapshotTimes: Map<string, number[]>;
}

export const DISK = 'Microsoft.Compute/disks';
export const SNAPSHOT = 'Microsoft.Compute/snapshots';
export const DISK_ACCESS = 'Microsoft.Compute/diskAccesses';
export const MACHINE = 'Microsoft.Compute/virtualMachines';
export const RUN_COMMAND = 'Microsoft.Compute/virtualMachines/runCommands';
export const NETWORK_INTERFACE = 'Microsoft.Network/networkInterfaces';

export const GIB = 1024 ** 3;
