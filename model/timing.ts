/** Every delay of the appliance, in milliseconds, with its reason. */
export const timing = {
  /** Longest wait for a worker's hello after Run Command was sent: a start takes two to four minutes. */
  hello: 10 * 60_000,
  /** First look at a Run Command that has not led to a hello; each next look waits twice as long. */
  firstCommandLook: 15_000,
  /** A worker sends a heartbeat at least every 30 seconds; after six missing ones it is lost. */
  heartbeat: 3 * 60_000,
  /** Bounds of the wait between two looks at a running job's heartbeat. A look costs eight history events. */
  minHeartbeatLook: 60_000,
  maxHeartbeatLook: 30 * 60_000,
  /** Bounds of the wait between two polls of an Azure operation; doubled each time. */
  minPoll: 2_000,
  maxPoll: 20 * 60_000,
  /** Longest that Azure may take to create, start or deallocate something. */
  operation: 30 * 60_000,
  /** Longest background copy of a snapshot (Ultra and Premium SSD v2 disks). */
  snapshotCopy: 24 * 3_600_000,
  /** Longest that the pieces of a site may take until all are there, connected, and their records written. */
  site: 15 * 60_000,
  /**
   * The same with `dns: policy`: a policy looks at an endpoint ten minutes after it was made (Azure Policy: the default of
   * `evaluationDelay` is PT10M), then deploys its records.
   */
  policyRecords: 40 * 60_000,
  /** Longest wait between two looks at them. */
  sitePoll: 30_000,
  /** How long a missing permission may be a role that was just assigned: Azure takes up to ten minutes, mostly less. */
  roles: 5 * 60_000,
  /** Wait between two tries for a busy lease. */
  lease: 5_000,
  /** Who waits for a lease and has not asked for it so long is gone: its place in the queue is lost. */
  leaseSilence: 2 * 60_000,
  /** First wait before an activity that failed for a passing reason is tried again; doubled each time. */
  retry: 5_000,
  /** A lease whose session's orchestration does not exist is dead only after this: it may be about to start. */
  leaseWithoutSession: 2 * 60_000,
} as const;

/** Tries of one activity before its passing failure is final. */
export const ACTIVITY_TRIES = 4;

/** Tries for a lease within one generation of `awaitLease`: a try costs eight history events. */
export const LEASE_TRIES = 50;

/** The moment `ms` milliseconds later. (Orchestrators may not name `Date`.) */
export function after(moment: Date, ms: number): Date {
  return new Date(moment.getTime() + ms);
}

/** Milliseconds from `since` (ISO 8601) to `moment`. */
export function elapsed(since: string, moment: Date): number {
  return moment.getTime() - Date.parse(since);
}

/**
 * How long to wait before looking at a running job's heartbeat again. Looks thin out as the job grows old, so that a
 * job of two days (32 TiB at a Standard HDD's speed take less) stays below a thousand history events.
 */
export function heartbeatLook(runningMs: number): number {
  return Math.min(Math.max(Math.round(runningMs / 4), timing.minHeartbeatLook), timing.maxHeartbeatLook);
}

/** The wait before poll number `n` (from 0) of an Azure operation. A poll costs eight history events. */
export function pollWait(n: number): number {
  return Math.min(timing.minPoll * 2 ** n, timing.maxPoll);
}
