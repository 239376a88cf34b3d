import type { OrchestrationContext } from 'durable-functions';
import type { JobAddress, JobEnd, WorkerHandle } from '../../model/activities.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { JobKind, JobResult } from '../../model/jobs.ts';
import { jobId } from '../../model/names.ts';
import { errorOf } from '../../model/outcome.ts';
import { elapsed, heartbeatLook, timing } from '../../model/timing.ts';
import { arrived, call, type Steps } from './steps.ts';

/** The address of a job of this orchestration. `job` tells it from the instance's other jobs. */
export function addressOf(
  context: OrchestrationContext,
  session: string,
  worker: WorkerHandle,
  job: string,
): JobAddress {
  const { instanceId } = context.df;
  return { attempt: worker.attempt, jobId: jobId(instanceId, job), session, instanceId };
}

/**
 * Waits for the end of a job that was sent, as long as its worker is heard of.
 * @throws StrongroomError the job's failure; WORKER_LOST after a silence
 */
export function* awaitJob<K extends JobKind>(
  context: OrchestrationContext,
  address: JobAddress,
  kind: K,
): Steps<Extract<JobResult, { kind: K }>> {
  const end = context.df.waitForExternalEvent(`job:${address.jobId}`);
  const sent = context.df.currentUtcDateTime.toISOString();
  let silent = 0;
  for (;;) {
    const look = silent ? timing.minHeartbeatLook : heartbeatLook(elapsed(sent, context.df.currentUtcDateTime));
    if (yield* arrived(context, end, look)) break;
    const { lastSeen } = yield* call(context, 'workerSeen', { attempt: address.attempt });
    silent = elapsed(lastSeen, context.df.currentUtcDateTime) > timing.heartbeat ? silent + 1 : 0;
    // One silent look may mean that the appliance itself was down and has not read its mail yet.
    if (silent > 1) throw new StrongroomError('WORKER_LOST', `The worker has been silent since ${lastSeen}.`);
  }
  return resultOf(end.result as JobEnd, kind);
}

function resultOf<K extends JobKind>(end: JobEnd, kind: K): Extract<JobResult, { kind: K }> {
  if (end.kind === 'failed') throw errorOf(end.error);
  if (end.result.kind !== kind) {
    throw new StrongroomError('INTERNAL', `A ${kind} job ended with the result of a ${end.result.kind} job.`);
  }
  return end.result as Extract<JobResult, { kind: K }>;
}
