import type { StoredMap } from '../../core/state.ts';
import type { ArmWorld } from '../../arm/types.ts';
import type { DiskSas } from '../disks/sas.ts';
import type { VhdBlobs } from '../disks/vhdBlobs.ts';
import type { Volumes } from '../disks/volumes.ts';
import type { Execution } from '../machines/execution.ts';
import type { Machines } from '../machines/machines.ts';
import type { ComputeLimits } from './limits.ts';
import type { ExportPeaks } from './managedDisks/exportPeaks.ts';

export type PowerState = 'starting' | 'running' | 'stopping' | 'stopped' | 'deallocating' | 'deallocated';

/** A script that was started, and what becomes of it. */
export interface Run {
  execution: Execution;
  /** Nobody waits for it any more: the script ends, and so does a wait for a report that never comes. */
  abandon(): void;
  readonly abandoned: boolean;
}

/** What the service knows of a managed run command: what the machine's agent has reported. Times are ISO 8601. */
export interface RunReport {
  state: 'Running' | 'Succeeded' | 'Failed' | 'TimedOut';
  startTime: string;
  endTime?: string;
  exitCode?: number;
  output: string;
  error: string;
  message: string;
}

/** A copy that goes on after its resource exists (cross-region copies, snapshots of Premium SSD v2 and Ultra disks). */
export interface BackgroundCopy {
  /** Id of the disk or snapshot that is read. */
  source: string;
  /** Milliseconds since the epoch. */
  begins: number;
  ends: number;
  /** Set when it cannot come to its end; `percent`: how far it came. */
  failed?: { errorCode: string; errorMessage: string; percent: number };
}

/** Ids of disks and interfaces that a machine was about to have or to lose. */
export interface Unfinished {
  made: string[];
  touched: string[];
}

/** What the resource types of Microsoft.Compute share. Keys of the maps are lower-case resource ids, unless said. */
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
  uploads: StoredMap<'ready' | 'active'>;
  power: StoredMap<PowerState>;
  /** Machines that were generalized. */
  generalized: StoredMap<true>;
  /** Why a machine could not be allocated. */
  failures: StoredMap<{ code: string; message: string }>;
  /** Digests of what a machine was made with and never gives back: changing it is refused. */
  osSecrets: StoredMap<Record<string, string>>;
  /** Scripts that run now, by id of the run command; see `actionKey` for actions. */
  runs: Map<string, Run>;
  reports: StoredMap<RunReport>;
  /** Of each disk's uniqueId: the family of its incremental snapshots. */
  families: StoredMap<string>;
  /** Of each disk's uniqueId: when its snapshots were taken, in milliseconds. */
  snapshotTimes: StoredMap<number[]>;
  /** Of each machine's vmId and consistency mode: when its restore points were asked for, in milliseconds. */
  restorePointTimes: StoredMap<number[]>;
  copies: StoredMap<BackgroundCopy>;
  /** Since the world was opened. */
  exportPeaks: ExportPeaks;
  /** Of each machine that is being written: see `virtualMachines/unfinished.ts`. */
  unfinished: StoredMap<Unfinished>;
  /** Runs what changes one resource after what already changes it: two never overlap. */
  inOrder<T>(id: string, work: () => Promise<T>): Promise<T>;
}

export const DISK = 'Microsoft.Compute/disks';
export const SNAPSHOT = 'Microsoft.Compute/snapshots';
export const DISK_ACCESS = 'Microsoft.Compute/diskAccesses';
export const DISK_ENCRYPTION_SET = 'Microsoft.Compute/diskEncryptionSets';
export const MACHINE = 'Microsoft.Compute/virtualMachines';
export const RUN_COMMAND = 'Microsoft.Compute/virtualMachines/runCommands';
export const RESTORE_POINT_COLLECTION = 'Microsoft.Compute/restorePointCollections';
export const RESTORE_POINT = 'Microsoft.Compute/restorePointCollections/restorePoints';
export const DISK_RESTORE_POINT = 'Microsoft.Compute/restorePointCollections/restorePoints/diskRestorePoints';
export const NETWORK_INTERFACE = 'Microsoft.Network/networkInterfaces';

export const GIB = 1024 ** 3;
