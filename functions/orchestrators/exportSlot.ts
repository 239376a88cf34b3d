import type { OrchestrationContext } from 'durable-functions';
import type { WorkerHandle } from '../../model/activities.ts';
import { diskAccessesNeeded, type ExportLimits } from '../../model/exports.ts';
import { exportPool, type ExportRequest } from '../../model/leases.ts';
import { diskAccesses } from '../../model/site/layout.ts';
import { withLease } from './lease.ts';
import type { Steps } from './steps.ts';

/**
 * Runs `body` within all limits of exports: those of the worker's site, of one of its disk accesses and of the snapshot's
 * family. This orchestration is the owner: one slot each. `body` gets the id of the disk access, null in a public network.
 */
export function* withExportSlot<T>(
  context: OrchestrationContext,
  { worker: { site }, limits }: { worker: WorkerHandle; limits: ExportLimits },
  request: ExportRequest,
  body: (diskAccessId: string | null) => Steps<T>,
): Steps<T> {
  const accesses = diskAccesses(site, diskAccessesNeeded(limits));
  const names = accesses.map(({ name }) => name);
  const lease = { pool: exportPool(site, names, limits, request), owner: context.df.instanceId };
  return yield* withLease(context, lease, (members) =>
    body(accesses.find(({ name }) => members.includes(name))?.id ?? null),
  );
}
