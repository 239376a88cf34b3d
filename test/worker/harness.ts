import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { mailboxEvents } from '../../worker/events.ts';
import type { World } from '../../worker/jobs/context.ts';
import type { RunJob } from '../../worker/jobs/runJob.ts';
import { workerLoop, type Timing } from '../../worker/loop.ts';
import { readEnvelope, sealMessage, workerEventSchema, type Command, type WorkerEvent } from '../../model/messages.ts';
import { memoryQueue, type MemoryQueue } from './memoryQueue.ts';
import { openMessage } from '../openMessage.ts';

export const quick: Timing = { poll: 1, heartbeat: 10_000, progress: 0, lease: 60_000, grant: 10_000, idle: 60_000 };

type EventOf<K extends WorkerEvent['kind']> = Extract<WorkerEvent, { kind: K }>;

/** A worker's loop over queues in memory, and the appliance's end of them. */
export interface Harness {
  inbox: MemoryQueue;
  mailbox: MemoryQueue;
  key: Buffer;
  attempt: string;
  /** Everything logged, as text. */
  logged(): string;
  command(command: Command): Promise<void>;
  /** The first event of that kind (and job). */
  event<K extends WorkerEvent['kind']>(kind: K, jobId?: string): Promise<EventOf<K>>;
  events(): WorkerEvent[];
  ended: ReturnType<typeof workerLoop>;
  stop(): Promise<unknown>;
}

export function startWorker(
  runJob: RunJob,
  options: { world?: World; timing?: Partial<Timing>; inbox?: MemoryQueue } = {},
): Harness {
  const key = randomBytes(32);
  const attempt = 'a1';
  const inbox = options.inbox ?? memoryQueue();
  const mailbox = memoryQueue();
  let logged = '';
  const log = pino({}, { write: (line: string) => void (logged += line) });
  const stop = new AbortController();
  const open = (text: string) => openMessage(key, readEnvelope(text), 'to-appliance', workerEventSchema);
  const ended = workerLoop({
    attempt,
    key,
    inbox,
    events: mailboxEvents({ mailbox, attempt, key, retry: 1, log }),
    version: 'v1',
    hostname: 'worker',
    world: options.world ?? ({} as World),
    runJob,
    log,
    timing: { ...quick, ...options.timing },
    signal: stop.signal,
  });
  return {
    inbox,
    mailbox,
    key,
    attempt,
    logged: () => logged,
    command: (command) =>
      inbox.send(sealMessage(key, { attempt, direction: 'to-worker', id: randomUUID() }, command, randomBytes(12))),
    async event(kind, jobId) {
      const fits = (event: WorkerEvent) =>
        event.kind === kind && (!jobId || ('jobId' in event && event.jobId === jobId));
      return open(await mailbox.sent((text) => fits(open(text)))) as never;
    },
    events: () => mailbox.messages.map(({ text }) => open(text)),
    ended,
    stop: () => (stop.abort(new Error('stop')), ended),
  };
}
