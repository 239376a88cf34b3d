import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { MessageQueue, ReceivedMessage } from '../azure/queues.ts';
import { errorInfo, StrongroomError } from '../model/errors.ts';
import type { Job } from '../model/jobs.ts';
import {
  commandSchema,
  jobIdOf,
  openEnvelope,
  readEnvelope,
  understood,
  type Command,
  type WorkerEvent,
} from '../model/messages.ts';
import type { Events } from './events.ts';
import { grants, type Grants } from './grants.ts';
import type { World } from './jobs/context.ts';
import { urlsOf, type RunJob } from './jobs/runJob.ts';
import { progressReport } from './progress.ts';

/** Milliseconds. */
export interface Timing {
  /** Between looks into an empty inbox. */
  poll: number;
  heartbeat: number;
  /** Least time between two progress events of a job. */
  progress: number;
  /** How long a command is hidden from others; renewed with every heartbeat while its job runs. */
  lease: number;
  /** How long fresh export URLs are waited for. */
  grant: number;
  /**
   * Without work for so long, the worker ends: its appliance has forgotten it. Long, because a session's disks may wait
   * with their worker until other sessions' full reads free export slots.
   */
  idle: number;
}

export const timing: Timing = {
  poll: 500,
  heartbeat: 15_000,
  progress: 5_000,
  lease: 120_000,
  grant: 15 * 60_000,
  idle: 24 * 3_600_000,
};

/** A job that was handed out more often ended its worker each time: it is not begun again. */
const MOST_STARTS = 5;

export interface LoopOptions {
  attempt: string;
  /** Opens and seals this attempt's messages. */
  key: Uint8Array;
  inbox: MessageQueue;
  events: Events;
  version: string;
  hostname: string;
  world: World;
  runJob: RunJob;
  log: Logger;
  timing: Timing;
  /** Ends the worker. Jobs under way are given up without an answer: their commands come back to the next start. */
  signal: AbortSignal;
}

/** A job that this process has met. Its command stays in the queue, hidden, until its answer is delivered. */
interface KnownJob {
  message: ReceivedMessage | undefined;
  answer: WorkerEvent | undefined;
  cancel: AbortController;
  grants: Grants | undefined;
  ended: Promise<void>;
}

/**
 * The worker's life: says hello, takes commands from its inbox, runs jobs side by side and answers each with `done` or
 * `failed`. A command that comes again gets the finished job's answer again. Returns why it ended.
 */
export async function workerLoop(options: LoopOptions): Promise<'stopped' | 'idle' | 'inbox gone'> {
  const { attempt, key, inbox, events, world, log, timing, signal } = options;
  const jobs = new Map<string, KnownJob>();
  const running = () => [...jobs.values()].filter((job) => !job.answer);
  let lastWork = performance.now();

  if (!(await events.deliver({ kind: 'hello', version: options.version, hostname: options.hostname }, signal))) {
    return 'stopped';
  }
  const heart = setInterval(() => void beat(), timing.heartbeat);
  try {
    return await receive();
  } finally {
    clearInterval(heart);
    await Promise.all([...jobs.values()].map((job) => job.ended));
  }

  async function receive(): Promise<'stopped' | 'idle' | 'inbox gone'> {
    while (!signal.aborted) {
      let messages: ReceivedMessage[] = [];
      try {
        messages = await inbox.receive(timing.lease / 1000, signal);
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof StrongroomError && error.code === 'NOT_FOUND' && running().length === 0)
          return 'inbox gone';
        log.warn({ error: errorInfo(error) }, 'inbox not read, trying again');
      }
      for (const message of messages) await take(message);
      if (messages.length > 0 || running().length > 0) lastWork = performance.now();
      else if (performance.now() - lastWork >= timing.idle) return 'idle';
      if (messages.length === 0) await sleep(timing.poll, undefined, { signal }).catch(() => {});
    }
    return 'stopped';
  }

  async function take(message: ReceivedMessage): Promise<void> {
    let content: unknown;
    let command: Command;
    try {
      const envelope = readEnvelope(message.text);
      if (envelope.attempt !== attempt)
        throw new StrongroomError('MESSAGE_REJECTED', 'A message is of another attempt.');
      content = openEnvelope(key, envelope, 'to-worker');
      command = understood(envelope, content, commandSchema);
    } catch (error) {
      log.warn({ error: errorInfo(error) }, 'message rejected');
      return reject(message, jobIdOf(content), error);
    }
    const known = jobs.get(command.jobId);
    switch (command.kind) {
      case 'job': {
        if (!known && message.deliveries <= MOST_STARTS) {
          return void jobs.set(command.jobId, start(command.jobId, command.job, message));
        }
        const met = known ?? refused(command.jobId, endedItsWorkers);
        jobs.set(command.jobId, met);
        met.message = message;
        if (met.answer) await answer(met, met.answer);
        return;
      }
      case 'sas':
        known?.grants?.renew({ sas: command.sas, baseSas: command.baseSas });
        return forget(message);
      case 'cancel': {
        const reason = new StrongroomError('CANCELLED', 'The job was cancelled.');
        if (known) known.cancel.abort(reason);
        else jobs.set(command.jobId, refused(command.jobId, reason)); // the queue may hand out the job later
        return forget(message);
      }
    }
  }

  /** A command that is authentic but not understood fails its job: without an answer the session would wait for ever. */
  async function reject(message: ReceivedMessage, jobId: string | undefined, reason: unknown): Promise<void> {
    if (jobId !== undefined) {
      const met = jobs.get(jobId) ?? refused(jobId, reason);
      jobs.set(jobId, met);
      met.cancel.abort(reason); // a job under way ends with that answer
      if (met.answer && !(await events.deliver(met.answer, signal))) return;
    }
    await forget(message);
  }

  function start(jobId: string, job: Job, message: ReceivedMessage): KnownJob {
    const cancel = new AbortController();
    const stop = AbortSignal.any([signal, cancel.signal]);
    const urls = grants({
      urls: urlsOf(job),
      ask: async () => void (await events.deliver({ kind: 'sasExpired', jobId }, stop)),
      patience: timing.grant,
      signal: stop,
    });
    const known: KnownJob = { message, answer: undefined, cancel, grants: urls, ended: Promise.resolve() };
    known.ended = run(jobId, job, known, urls, stop);
    return known;
  }

  async function run(jobId: string, job: Job, known: KnownJob, urls: Grants, stop: AbortSignal): Promise<void> {
    const jobLog = log.child({ jobId, job: job.kind });
    const progress = progressReport(timing.progress, (p) => events.offer({ kind: 'progress', jobId, progress: p }));
    jobLog.info('job started');
    try {
      const context = { world, signal: stop, grants: urls, report: progress.report, log: jobLog };
      const result = await options.runJob(job, context);
      await progress.finish();
      jobLog.info({ result }, 'job done');
      known.answer = { kind: 'done', jobId, result };
    } catch (error) {
      if (signal.aborted) return jobLog.info('job given up: the worker ends');
      const info = errorInfo(known.cancel.signal.aborted ? known.cancel.signal.reason : error);
      jobLog.error({ error: info, stack: frames(error) }, 'job failed');
      known.answer = { kind: 'failed', jobId, error: info };
    }
    await answer(known, known.answer);
  }

  async function answer(known: KnownJob, event: WorkerEvent): Promise<void> {
    if (!(await events.deliver(event, signal)) || !known.message) return;
    await forget(known.message);
  }

  async function forget(message: ReceivedMessage): Promise<void> {
    await message.delete().catch((error: unknown) => log.warn({ error: errorInfo(error) }, 'message not deleted'));
  }

  async function beat(): Promise<void> {
    const renewals = running().map((job) =>
      // A lease that is lost comes back as a repeated command, with a new message to renew.
      job.message?.renew(timing.lease / 1000).catch(() => {}),
    );
    await Promise.all([events.offer({ kind: 'heartbeat' }), ...renewals]);
  }
}

const endedItsWorkers = new StrongroomError(
  'WORKER_LOST',
  `The worker ended ${MOST_STARTS} times while it ran this job. Its log says why, or its machine has too little memory.`,
);

/** A job that is not run. */
function refused(jobId: string, reason: unknown): KnownJob {
  return {
    message: undefined,
    answer: { kind: 'failed', jobId, error: errorInfo(reason) },
    cancel: new AbortController(),
    grants: undefined,
    ended: Promise.resolve(),
  };
}

/** Where it was thrown. The lines before are the message, of which {@link errorInfo} says what may be said. */
function frames(error: unknown): string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines.filter((line) => /^\s+at /.test(line));
}
