import type { BaseChoice, DiskNow } from './base.ts';
import type { Finding } from './check/finding.ts';
import type { OwnStep } from './check/steps.ts';
import type { ErrorInfo } from './errors.ts';
import type { ExportLimits, ExportPolicy } from './exports.ts';
import type { BackupDiskJob, Job, JobResult, RepositoryTarget } from './jobs.ts';
import type { DiskPoint, MachinePoint, Tracking } from './point.ts';
import type { SessionDisk, SessionState, SessionStep } from './session.ts';
import type { Inspection } from './site/finding.ts';
import type { SiteKey } from './site/layout.ts';
import type { RequiredZones } from './site/zones.ts';

/**
 * What orchestrators and activities say to each other. All of it enters Durable history: names, ids, sizes and states,
 * never a SAS, key or token. Grant and send happen inside one activity for that reason. Inputs of orchestrations carry no
 * tags: the Durable library makes a date of what stands under a key named `Timestamp`.
 */

export interface BackupInput {
  session: string;
  /** ARM id of the virtual machine. */
  resourceId: string;
  repository: RepositoryTarget;
  tracking: Tracking;
  /** How many workers the site may run at once. */
  workers: number;
  limits: ExportLimits;
}

export interface RestoreInput {
  session: string;
  point: string;
  /** Of the machine that the point belongs to. */
  resourceId: string;
  repository: RepositoryTarget;
  workers: number;
  limits: ExportLimits;
  /** Where the worker runs: the target's subscription, the disks' region. */
  site: SiteKey;
  target: RestoreTarget;
  disks: RestorableDisk[];
}

export interface RestoreTarget {
  subscriptionId: string;
  resourceGroup: string;
  namePrefix?: string;
}

/** A disk of a restore point. What else its new disk needs stands in the index of points. */
export type RestorableDisk = Pick<DiskPoint, 'key' | 'name' | 'size'>;

/** What reading a disk adds to its point. */
export type DiskRead = Pick<DiskPoint, 'image' | 'read' | 'stats'>;

/** A virtual machine as found, with what a backup needs to know of its disks. */
export interface MachinePlan {
  vm: { id: string; name: string; location: string };
  /** As ARM returned it. */
  machine: Record<string, unknown>;
  /** Where its worker runs. */
  site: SiteKey;
  disks: PlannedDisk[];
  /** Of the disks, by key: what their snapshots are given back when they have been read. */
  exportPolicies: Record<string, ExportPolicy>;
}

export type PlannedDisk = Omit<DiskPoint, 'image' | 'read' | 'stats' | 'snapshot'>;

export interface TakenSnapshot {
  key: string;
  id: string;
  familyId: string;
  /** ISO 8601 UTC. */
  time: string;
  /** Its data can be exported. */
  ready: boolean;
}

/** A worker at work: where it runs, and which of its starts this is. */
export interface WorkerHandle {
  attempt: string;
  site: SiteKey;
  /** `worker-1`, `worker-2`, … */
  slot: string;
}

/** Where a job's end is reported, and how its messages are told apart. */
export interface JobAddress {
  attempt: string;
  jobId: string;
  session: string;
  /** The orchestration that waits for `job:<jobId>`. */
  instanceId: string;
}

/** What the event `job:<jobId>` carries. */
export type JobEnd = { kind: 'done'; result: JobResult } | { kind: 'failed'; error: ErrorInfo };

/** Power of a worker machine, as far as a decision needs it. */
export type MachineState =
  'absent' | 'creating' | 'starting' | 'running' | 'stopping' | 'stopped' | 'deallocated' | 'failed';

export interface BackupDiskInput {
  session: string;
  worker: WorkerHandle;
  repository: RepositoryTarget;
  disk: BackupDiskJob['disk'];
  /** ARM id of the new snapshot, its family, and its source disk's export policy. */
  snapshot: string;
  familyId: string;
  exportPolicy: ExportPolicy;
  choice: BaseChoice;
  tracking: Tracking;
  limits: ExportLimits;
}

export interface RestoreDiskInput {
  session: string;
  worker: WorkerHandle;
  repository: RepositoryTarget;
  point: string;
  disk: RestorableDisk;
  /** ARM id of the disk to be made. */
  diskId: string;
  limits: ExportLimits;
}

export interface CheckInput {
  session: string;
  site: SiteKey;
  workers: number;
  limits: ExportLimits;
}

/** Asks a site's worker for a probe. `snapshots`: two of one disk, the newer first; null leaves disks out. */
export interface ProbeInput {
  session: string;
  worker: WorkerHandle;
  limits: ExportLimits;
  snapshots: [newer: string, base: string] | null;
}

/** What a probe found, and through which disk access it read; null: no disk, or in a public network. */
export interface Probed {
  findings: Finding[];
  diskAccessId: string | null;
}

/** Every activity: what it takes, what it gives. All are idempotent. */
export interface Activities {
  /** Moves the session on; also notes what is given. */
  advanceSession: {
    input: { session: string; to: SessionState; error?: ErrorInfo; point?: string; worker?: string };
    output: null;
  };
  /** Notes what a person should know, though the session goes on. */
  warnSession: { input: { session: string; warning: string }; output: null };
  /** Notes what the appliance put right. */
  noteSession: { input: { session: string; notes: string[] }; output: null };
  putDisks: { input: { session: string; disks: SessionDisk[] }; output: null };
  updateDisk: { input: { session: string; disk: { key: string } & Partial<SessionDisk> }; output: null };

  /** Creates nothing; refuses a machine with a disk that cannot be backed up. */
  describeMachine: { input: { resourceId: string; repository: RepositoryTarget }; output: MachinePlan };
  /** Starts the snapshots of all disks, together. `time`: of the set, ISO 8601 UTC. */
  createSnapshots: { input: { session: string; plan: Omit<MachinePlan, 'machine'>; time: string }; output: null };
  readSnapshots: {
    input: { session: string; vm: MachinePlan['vm']; disks: { key: string }[] };
    output: TakenSnapshot[];
  };
  /** Also says which snapshots of the machine are not what they should be. */
  chooseBases: {
    input: { resourceId: string; repository: RepositoryTarget; tracking: Tracking; disks: DiskNow[] };
    output: { choices: Record<string, BaseChoice>; warnings: string[] };
  };
  /** Deletes the session's snapshots whose tags prove it, unless a committed point names them. */
  discardSnapshots: {
    input: { session: string; vm: MachinePlan['vm']; disks: { key: string }[] };
    output: { warnings: string[] };
  };
  /**
   * Deletes the machine's snapshots whose tags prove it and that no repository's newest point names; strikes the session's
   * off the ledger.
   */
  pruneSnapshots: {
    input: { session: string; resourceId: string; diskIds: string[] };
    output: { deleted: number; warnings: string[] };
  };
  recordPoint: { input: { point: MachinePoint; repository: RepositoryTarget }; output: null };

  /**
   * Looks at the pieces of a site and changes nothing; says only what is not as it should be.
   * @throws AZURE_UNAVAILABLE when ARM does not answer
   */
  inspectSite: { input: { site: SiteKey; keys?: string[] }; output: Inspection };
  /** Makes missing pieces and does not wait; gives what failed, by key. */
  createPieces: {
    input: { site: SiteKey; keys: string[]; zones: RequiredZones };
    output: Record<string, ErrorInfo>;
  };

  /** Whether the site has never passed a check. */
  isUntried: { input: { site: SiteKey }; output: boolean };
  /** Makes the next of what a check reads that is not there yet: a tiny disk, a snapshot, a second one. Does not wait. */
  prepareProbeDisk: { input: { session: string; site: SiteKey }; output: { ready: boolean } };
  discardProbeDisk: { input: { session: string; site: SiteKey }; output: null };
  /** Opens the snapshots, grants their SAS and sends the job: one step, so no SAS is returned. */
  sendProbe: {
    input: { address: JobAddress; site: SiteKey; snapshots: ProbeInput['snapshots']; diskAccessId: string | null };
    output: null;
  };
  /** Notes in the session what was tried; when all of it is well, and that the site has passed. Gives the whole. */
  recordCheck: {
    input: { session: string; site: SiteKey; own: OwnStep[]; probed: Probed | null };
    output: SessionStep[];
  };

  ensureWorkerFiles: { input: { site: SiteKey }; output: { version: string; uploaded: number } };
  /** Removes a set of worker files that a worker refused. */
  discardWorkerFiles: { input: { site: SiteKey }; output: null };
  /** Makes the attempt's message key and queue. */
  openAttempt: { input: { session: string; worker: WorkerHandle }; output: null };
  /** Creates or starts the worker machine; does not wait. */
  startMachine: { input: { session: string; worker: WorkerHandle }; output: null };
  /** `detail` is Azure's word on a failure, else ''. */
  machineState: { input: { worker: WorkerHandle }; output: { state: MachineState; detail: string } };
  /** Sends the bootstrap script; does not wait for it. */
  runWorkerCommand: { input: { session: string; worker: WorkerHandle }; output: null };
  /** Whether the script has ended badly: its error, or null while there is nothing to say. */
  workerCommandError: { input: { worker: WorkerHandle }; output: ErrorInfo | null };
  removeWorkerCommand: { input: { session: string; worker: WorkerHandle }; output: null };
  deallocateMachine: { input: { worker: WorkerHandle }; output: null };
  /** Forgets the message key, deletes the queue; strikes the machine off the ledger. */
  closeAttempt: { input: { session: string; worker: WorkerHandle }; output: null };
  /** When the worker was last heard of, ISO 8601 UTC. */
  workerSeen: { input: { attempt: string }; output: { lastSeen: string } };

  /** Sends a job that needs no export. */
  sendJob: {
    input: { address: JobAddress; job: Extract<Job, { kind: 'initRepository' | 'commitPoint' }> };
    output: null;
  };
  /**
   * Puts the snapshots behind the disk access, grants their SAS and sends the job: one step, so no SAS is returned.
   * `diskAccessId` null: they are opened to the internet, as long as the job runs.
   */
  sendBackupDisk: {
    input: { address: JobAddress; diskAccessId: string | null; input: BackupDiskInput };
    output: null;
  };
  /** `warnings`: what the new disk lacks of its source, in words. */
  createRestoreDisk: {
    input: { diskAccessId: string | null; input: RestoreDiskInput };
    output: { warnings: string[] };
  };
  /** Whether the new disk takes an upload. */
  restoreDiskReady: { input: { diskId: string }; output: boolean };
  sendRestoreDisk: { input: { address: JobAddress; input: RestoreDiskInput }; output: null };
  /** Deletes the disks that this session made. */
  discardRestoreDisks: { input: { session: string; diskIds: string[] }; output: null };
  /** Closes restored disks to export and strikes them off the ledger: they are the user's now. */
  keepRestoreDisks: { input: { session: string; diskIds: string[] }; output: null };
  /** Ends the job's exports: after it no SAS of the job opens anything. */
  revokeExports: { input: { address: JobAddress }; output: { warnings: string[] } };
}

export type ActivityName = keyof Activities;
export type ActivityInput<K extends ActivityName> = Activities[K]['input'];
export type ActivityOutput<K extends ActivityName> = Activities[K]['output'];
