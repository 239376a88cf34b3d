import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { StrongroomError } from '../../model/errors.ts';
import type { Job, JobResult } from '../../model/jobs.ts';
import { sealMessage, type Command } from '../../model/messages.ts';
import type { JobContext } from '../../worker/jobs/context.ts';
import { startWorker, type Harness } from './harness.ts';

const repository = { url: 'https://acc.blob.core.windows.net/repo', keyId: 'https://v.vault.azure.net/keys/k' };
const sas = 'https://md-a.z1.blob.storage.azure.net/c/abcd?sig=SECRET';
const init: Job = { kind: 'initRepository', repository };
const restore: Job = { kind: 'restoreDisk', repository, point: 'p', disk: 'os', sas };
const done = { kind: 'initRepository', repositoryId: 'r', created: true } as const satisfies JobResult;

let worker: Harness;
afterEach(() => worker.stop());

test('it says hello, runs a job, answers, and only then takes the command from the inbox', async () => {
  worker = startWorker(async () => done);
  expect(await worker.event('hello')).toEqual({ kind: 'hello', version: 'v1', hostname: 'worker' });
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  expect(await worker.event('done', 'j1')).toEqual({ kind: 'done', jobId: 'j1', result: done });
  await expect.poll(() => worker.inbox.messages).toEqual([]);
});

test('jobs run side by side', async () => {
  const both = Promise.withResolvers<void>();
  let started = 0;
  worker = startWorker(async () => {
    if (++started === 2) both.resolve();
    await both.promise;
    return done;
  });
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  await worker.command({ kind: 'job', jobId: 'j2', job: init });
  await worker.event('done', 'j1');
  await worker.event('done', 'j2');
});

test('a repeated command is run once and answered again', async () => {
  let runs = 0;
  worker = startWorker(async () => (runs++, done));
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  await worker.event('done', 'j1');
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  await expect.poll(() => worker.events().filter(({ kind }) => kind === 'done').length).toBe(2);
  await expect.poll(() => worker.inbox.messages).toEqual([]);
  expect(runs).toBe(1);
});

test('a command that is handed out again while its job runs keeps one run, and the lease is renewed', async () => {
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  worker = startWorker(async () => (runs++, await gate.promise, done), { timing: { heartbeat: 5 } });
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  await expect.poll(() => worker.inbox.messages[0]!.renewals).toBeGreaterThan(1);
  worker.inbox.unhide();
  await expect.poll(() => worker.inbox.messages[0]!.deliveries).toBe(2);
  await worker.event('heartbeat');
  gate.resolve();
  await worker.event('done', 'j1');
  expect(runs).toBe(1);
});

test('a job that ended its worker again and again is not begun once more', async () => {
  let runs = 0;
  worker = startWorker(async () => (runs++, done));
  await worker.event('hello');
  const sent = worker.command({ kind: 'job', jobId: 'j1', job: init });
  worker.inbox.messages[0]!.deliveries = 5;
  await sent;
  expect((await worker.event('failed', 'j1')).error).toMatchObject({ code: 'WORKER_LOST' });
  await expect.poll(() => worker.inbox.messages).toEqual([]);
  expect(runs).toBe(0);
});

test('a failure is answered with its code and without secrets, and the worker goes on', async () => {
  worker = startWorker(async (job) => {
    if (job.kind === 'initRepository') return done;
    throw new Error(`fetch of ${sas} failed\n${sas}`);
  });
  await worker.command({ kind: 'job', jobId: 'j1', job: restore });
  const { error } = await worker.event('failed', 'j1');
  expect(error).toMatchObject({ code: 'INTERNAL', retryable: false });
  expect(error.message).not.toContain('SECRET');
  await worker.command({ kind: 'job', jobId: 'j2', job: init });
  await worker.event('done', 'j2');
  expect(worker.logged()).not.toContain('SECRET');
});

test('messages that are forged, of another attempt or no envelope are refused and removed', async () => {
  let runs = 0;
  worker = startWorker(async () => (runs++, done));
  const command = { kind: 'job', jobId: 'j1', job: init } as const;
  const head = { attempt: worker.attempt, direction: 'to-worker', id: 'm' } as const;
  await worker.inbox.send(sealMessage(randomBytes(32), head, command, randomBytes(12)));
  await worker.inbox.send(sealMessage(worker.key, { ...head, attempt: 'a2' }, command, randomBytes(12)));
  await worker.inbox.send(sealMessage(worker.key, { ...head, direction: 'to-appliance' }, command, randomBytes(12)));
  await worker.inbox.send('run this');
  await expect.poll(() => worker.inbox.messages).toEqual([]);
  await expect.poll(() => worker.logged().match(/MESSAGE_REJECTED/g)?.length).toBe(4);
  expect(runs).toBe(0);
});

test('an authentic command of another version fails its job, also one under way', async () => {
  worker = startWorker(async (_job, { signal }) => {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    return done;
  });
  const rejected = { code: 'MESSAGE_REJECTED', retryable: false };
  await worker.command({ kind: 'job', jobId: 'j1', job: { kind: 'mend' } } as unknown as Command);
  expect((await worker.event('failed', 'j1')).error).toMatchObject(rejected);
  await worker.command({ kind: 'job', jobId: 'j2', job: init });
  await expect.poll(() => worker.logged()).toContain('job started');
  await worker.command({ kind: 'sas', jobId: 'j2', sas: 7 } as unknown as Command);
  expect((await worker.event('failed', 'j2')).error).toMatchObject(rejected);
  await worker.command({ kind: 'greeting' } as unknown as Command);
  await expect.poll(() => worker.inbox.messages).toEqual([]);
  expect(worker.events().map(({ kind }) => kind)).toEqual(['hello', 'failed', 'failed']);
});

test('expired URLs: one request however many reads fail, then the job goes on where it was', async () => {
  const fresh = sas.replace('SECRET', 'FRESH');
  const opened: string[] = [];
  worker = startWorker(async (_job, { grants }: JobContext) => {
    const read = (n: number) =>
      grants.use(async (urls) => {
        opened.push(`${n} ${urls.sas === fresh}`);
        if (urls.sas !== fresh) throw new StrongroomError('SAS_EXPIRED', 'expired');
      });
    await Promise.all([read(1), read(2), read(3)]);
    return done;
  });
  await worker.command({ kind: 'job', jobId: 'j1', job: restore });
  await worker.event('sasExpired', 'j1');
  await worker.command({ kind: 'sas', jobId: 'j1', sas: fresh, baseSas: null });
  await worker.event('done', 'j1');
  expect(opened.toSorted()).toEqual(['1 false', '1 true', '2 false', '2 true', '3 false', '3 true']);
  expect(worker.events().filter(({ kind }) => kind === 'sasExpired')).toHaveLength(1);
});

test('URLs that stay expired, or do not come, end the job', async () => {
  worker = startWorker(
    async (_job, { grants }) => grants.use(() => Promise.reject(new StrongroomError('SAS_EXPIRED', 'expired'))),
    { timing: { grant: 20 } },
  );
  await worker.command({ kind: 'job', jobId: 'j1', job: restore });
  expect((await worker.event('failed', 'j1')).error).toMatchObject({ code: 'SAS_EXPIRED', retryable: true });
});

test('progress: the first and the last always, thinned out in between', async () => {
  worker = startWorker(
    async (_job, { report }) => {
      for (let i = 0; i <= 100; i++) report({ phase: 'reading', total: 100, done: i, stored: 0 });
      return done;
    },
    { timing: { progress: 60_000 } },
  );
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  await worker.event('done', 'j1');
  const seen = worker.events().flatMap((event) => (event.kind === 'progress' ? [event.progress.done] : []));
  expect(seen).toEqual([0, 100]);
});

test('a cancelled job fails as CANCELLED, also when the cancellation comes first', async () => {
  worker = startWorker(async (_job, { signal }) => {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    return done;
  });
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  await expect.poll(() => worker.logged()).toContain('job started');
  await worker.command({ kind: 'cancel', jobId: 'j1' });
  expect((await worker.event('failed', 'j1')).error.code).toBe('CANCELLED');
  await worker.command({ kind: 'cancel', jobId: 'j2' });
  await worker.command({ kind: 'job', jobId: 'j2', job: init });
  expect((await worker.event('failed', 'j2')).error.code).toBe('CANCELLED');
});

test('stopped in a job, it leaves the command for the next start and answers nothing', async () => {
  worker = startWorker(async (_job, { signal }) => {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    return done;
  });
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  await expect.poll(() => worker.logged()).toContain('job started');
  expect(await worker.stop()).toBe('stopped');
  expect(worker.inbox.messages).toHaveLength(1);
  expect(worker.events().map(({ kind }) => kind)).toEqual(['hello']);
});

test('an answer is sent until it arrives', async () => {
  worker = startWorker(async () => (worker.mailbox.failSends(3), done));
  await worker.event('hello');
  await worker.command({ kind: 'job', jobId: 'j1', job: init });
  await worker.event('done', 'j1');
});

test('without work for long, or without its inbox, it ends', async () => {
  worker = startWorker(async () => done, { timing: { idle: 20 } });
  expect(await worker.ended).toBe('idle');
  worker = startWorker(async () => done);
  await worker.inbox.delete();
  expect(await worker.ended).toBe('inbox gone');
});
