/**
 * The appliance's end, as a process behind the local Azure's proxy: starts the worker's program, gives it jobs and
 * prints what it answered. Run by main.test.ts.
 */
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainerClient } from '@azure/storage-blob';
import { managedIdentity } from '../../azure/credential.ts';
import { messageQueue } from '../../azure/queues.ts';
import type { Job } from '../../model/jobs.ts';
import { readEnvelope, sealMessage, workerEventSchema, type Command, type WorkerEvent } from '../../model/messages.ts';
import { openMessage } from '../openMessage.ts';

interface Drive {
  account: string;
  clientId: string;
  attempt: string;
  jobs: Job[];
}
const { account, clientId, attempt, jobs } = JSON.parse(process.env.DRIVE!) as Drive;
const credential = managedIdentity(clientId);
const key = randomBytes(32);
const blobs = `https://${account}.blob.core.windows.net`;
const queues = `https://${account}.queue.core.windows.net`;
const inbox = messageQueue(`${queues}/worker-${attempt}`, credential);
const mailbox = messageQueue(`${queues}/mailbox`, credential);
await Promise.all([inbox.create(), mailbox.create()]);
for (const name of ['repository', 'logs'])
  await new ContainerClient(`${blobs}/${name}`, credential).createIfNotExists();

const program = new URL('../../worker/main.ts', import.meta.url).pathname;
const worker = spawn(process.execPath, [program], {
  env: {
    ...process.env,
    STRONGROOM_ATTEMPT: attempt,
    STRONGROOM_INBOX_URL: inbox.url,
    STRONGROOM_MAILBOX_URL: mailbox.url,
    STRONGROOM_LOGS_URL: `${blobs}/logs`,
    STRONGROOM_NETWORK: 'public',
    STRONGROOM_CLIENT_ID: clientId,
    STRONGROOM_MESSAGE_KEY: key.toString('base64'),
    STRONGROOM_VERSION: 'test',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = once(worker, 'exit');
let stdout = '';
worker.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));

const events: WorkerEvent[] = [];
async function answerTo(jobId: string): Promise<WorkerEvent> {
  for (;;) {
    const found = events.find((e) => (e.kind === 'done' || e.kind === 'failed') && e.jobId === jobId);
    if (found) return found;
    if (worker.exitCode !== null) throw new Error(`worker ended: ${stdout}`);
    for (const message of await mailbox.receive(60)) {
      events.push(openMessage(key, readEnvelope(message.text), 'to-appliance', workerEventSchema));
      await message.delete();
    }
    await sleep(20);
  }
}

const answers: WorkerEvent[] = [];
for (const [index, job] of jobs.entries()) {
  const command: Command = { kind: 'job', jobId: `job-${index}`, job };
  const head = { attempt, direction: 'to-worker' as const, id: randomUUID() };
  await inbox.send(sealMessage(key, head, command, randomBytes(12)));
  answers.push(await answerTo(command.jobId));
}
await inbox.delete();
await exited;
const log = await new ContainerClient(`${blobs}/logs`, credential).getBlobClient(`${attempt}.log`).downloadToBuffer();
process.stdout.write(
  JSON.stringify({
    events: events.map(({ kind }) => kind),
    answers,
    exitCode: worker.exitCode,
    stdout,
    log: log.toString(),
  }),
);
