import { createRequire } from 'node:module';
import type { OrchestrationContext } from 'durable-functions';
import { expect, test } from 'vitest';
import { awaitJob } from '../../functions/orchestrators/job.ts';

/** The library's own executor: what the Functions host calls with a history. It has no types. */
const { Orchestrator } = createRequire(import.meta.url)('durable-functions/lib/src/orchestrations/Orchestrator.js') as {
  Orchestrator: new (steps: (context: OrchestrationContext) => Generator) => {
    handle(trigger: object, context: object): Promise<{ isDone: boolean; output: unknown }>;
  };
};

const seconds = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString();

test('a job that ends just while its worker is looked after has ended', async () => {
  const address = { attempt: 'a', jobId: 'j', session: 's', instanceId: 'i' };
  const result = { kind: 'restoreDisk', size: 1, written: 1 };
  const at = (moment: number, EventType: number, more: object = {}) => {
    return { EventType, EventId: -1, IsPlayed: true, Timestamp: seconds(moment), ...more };
  };
  const history = [
    at(0, 12), // OrchestratorStarted
    at(0, 0, { Name: 'job', Input: 'null' }), // ExecutionStarted
    at(0, 10, { EventId: 0, FireAt: seconds(60) }), // TimerCreated
    at(0, 13), // OrchestratorCompleted
    at(60, 12),
    at(60, 11, { TimerId: 0, FireAt: seconds(60) }), // TimerFired
    at(60, 4, { EventId: 1, Name: 'workerSeen' }), // TaskScheduled
    at(60, 13),
    at(61, 12),
    at(61, 15, { Name: 'job:j', Input: JSON.stringify({ kind: 'done', result }) }), // EventRaised
    at(61, 13),
    at(62, 12),
    at(62, 5, { TaskScheduledId: 1, Result: JSON.stringify({ ok: true, value: { lastSeen: seconds(60) } }) }), // TaskCompleted
  ];
  const trigger = {
    history,
    input: null,
    instanceId: 'i',
    isReplaying: true,
    parentInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 2,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
  const orchestrator = new Orchestrator((context) => awaitJob(context, address, 'restoreDisk'));
  expect(await orchestrator.handle(trigger, {})).toMatchObject({ isDone: true, output: result });
});
