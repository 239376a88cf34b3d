import { app } from '@azure/functions';
import { getClient, input } from 'durable-functions';
import type { JobEnd } from '../../model/activities.ts';
import { errorInfo, StrongroomError, type ErrorCode } from '../../model/errors.ts';
import {
  jobIdOf,
  openEnvelope,
  readEnvelope,
  understood,
  workerEventSchema,
  type Envelope,
  type WorkerEvent,
} from '../../model/messages.ts';
import type { Appliance } from '../appliance.ts';
import { durable, type Durable } from '../durable.ts';
import { renewExports } from '../exports.ts';

/** App settings `STRONGROOM_MAILBOX__queueServiceUri`, `…__credential`, `…__clientId`. */
const CONNECTION = 'STRONGROOM_MAILBOX';

type Warn = (message: string) => void;

/** Verdicts on the message itself, or on an attempt that is over: no later delivery changes them. */
const final = new Set<ErrorCode>(['MESSAGE_REJECTED', 'NOT_FOUND']);

/** Workers' events. What cannot be trusted or belongs to nobody any more is dropped with a log line. */
export function registerMailbox(appliance: Appliance): void {
  app.storageQueue('mailbox', {
    queueName: appliance.layout.mailbox,
    connection: CONNECTION,
    extraInputs: [input.durableClient()],
    handler: (item, context) =>
      // The host parses a message that is JSON; the envelope wants its text.
      receive(
        appliance,
        durable(getClient(context)),
        typeof item === 'string' ? item : JSON.stringify(item),
        (message) => context.warn(message),
      ),
  });
}

/**
 * Takes one message of the mailbox. Throws what a later delivery may cure: the loss of a `done` would cost a session, so a
 * vault or table that refuses for a while is no reason to drop one (host.json gives a message fifty minutes).
 * @param text a sealed envelope (model/messages.ts)
 */
export async function receive(appliance: Appliance, client: Durable, text: string, warn: Warn): Promise<void> {
  try {
    const envelope = readEnvelope(text);
    const key = await appliance.messageKeys.of(envelope.attempt);
    const content = openEnvelope(key, envelope, 'to-appliance');
    await merge(appliance, client, envelope.attempt, eventOf(envelope, content), warn);
  } catch (error) {
    if (!(error instanceof StrongroomError) || !final.has(error.code)) throw error;
    warn(`A worker's message was dropped: ${error.code}: ${error.message}`);
  }
}

/** An authentic event that is not understood ends its job: dropped, the session would wait for it as long as heartbeats come. */
function eventOf(envelope: Envelope, content: unknown): WorkerEvent {
  try {
    return understood(envelope, content, workerEventSchema);
  } catch (error) {
    const jobId = jobIdOf(content);
    if (jobId === undefined) throw error;
    return { kind: 'failed', jobId, error: errorInfo(error) };
  }
}

async function merge(
  appliance: Appliance,
  client: Durable,
  attempt: string,
  event: WorkerEvent,
  warn: Warn,
): Promise<void> {
  const { attempts, sessions } = appliance;
  await attempts.seen(attempt, appliance.now());
  if (event.kind === 'heartbeat') return;
  if (event.kind === 'hello') {
    const { session } = await attempts.get(attempt);
    const { hostname, version } = event;
    await raise(client, session, `hello:${attempt}`, { hostname, version }, warn);
    return;
  }
  const job = await attempts.findJob(attempt, event.jobId);
  if (!job) throw new StrongroomError('MESSAGE_REJECTED', `Attempt ${attempt} has no job ${event.jobId}.`);
  const { session, instanceId, jobId } = job.address;
  switch (event.kind) {
    case 'progress':
      // Messages come in no order: what comes after the end would undo the disk's final figures.
      if (job.disk && !job.ended) await sessions.mergeDisk(session, { key: job.disk, ...event.progress });
      return;
    case 'sasExpired':
      if (!job.ended) await renewExports(appliance, job);
      return;
    case 'done':
    case 'failed': {
      const end: JobEnd =
        event.kind === 'done' ? { kind: 'done', result: event.result } : { kind: 'failed', error: event.error };
      await raise(client, instanceId, `job:${jobId}`, end, warn);
    }
  }
}

async function raise(client: Durable, instanceId: string, event: string, data: unknown, warn: Warn): Promise<void> {
  if (!(await client.raise(instanceId, event, data)))
    warn(`Nobody waits for ${event}: there is no orchestration ${instanceId}.`);
}
