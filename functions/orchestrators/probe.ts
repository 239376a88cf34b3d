import type { OrchestrationContext } from 'durable-functions';
import type { Probed, ProbeInput, WorkerHandle } from '../../model/activities.ts';
import { checkError } from '../../model/check/steps.ts';
import { EXPORTS_OF_COMPARISON } from '../../model/exports.ts';
import type { ExportRequest } from '../../model/leases.ts';
import type { Outcome } from '../../model/outcome.ts';
import { withExportSlot } from './exportSlot.ts';
import { addressOf, awaitJob } from './job.ts';
import { call, cleanUp, outcomeOf, type Steps } from './steps.ts';

/** Has a worker try out its site, with two snapshots of a disk when there are some. */
export function* probe(context: OrchestrationContext): Steps<Outcome<Probed>> {
  const input = context.df.getInput<ProbeInput>();
  // Snapshots of its own disk, in a family of their own: nobody else opens them.
  const request: ExportRequest = { exports: EXPORTS_OF_COMPARISON, family: null };
  return yield* outcomeOf(
    input.snapshots
      ? withExportSlot(context, input, request, (diskAccessId) => ask(context, input, diskAccessId))
      : ask(context, input, null),
  );
}

function* ask(
  context: OrchestrationContext,
  { session, worker, snapshots }: Omit<ProbeInput, 'limits'>,
  diskAccessId: string | null,
): Steps<Probed> {
  const address = addressOf(context, session, worker, 'probe');
  try {
    yield* call(context, 'sendProbe', { address, site: worker.site, snapshots, diskAccessId });
    const { findings } = yield* awaitJob(context, address, 'probe');
    return { findings, diskAccessId };
  } finally {
    yield* cleanUp(context, session, call(context, 'revokeExports', { address }));
  }
}

/**
 * Tries out a site on the worker of the first session there: names, repositories and the key. The session's own disks
 * follow at once, so that none is made for this.
 * @throws CHECK_FAILED with what to put right
 */
export function* probeOnce(
  context: OrchestrationContext,
  { session, worker }: { session: string; worker: WorkerHandle },
): Steps<void> {
  const { site } = worker;
  if (!(yield* call(context, 'isUntried', { site }))) return;
  const probed = yield* ask(context, { session, worker, snapshots: null }, null);
  const error = checkError(yield* call(context, 'recordCheck', { session, site, own: [], probed }));
  if (error) throw error;
}
