import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { resolveSettings } from './triggers/settings.ts';

/** What this host takes from host.json; durations in milliseconds. */
export interface HostJson {
  functionTimeout: number;
  routePrefix: string;
  queues: {
    batchSize: number;
    newBatchThreshold: number;
    maxDequeueCount: number;
    maxPollingInterval: number;
    visibilityTimeout: number;
    messageEncoding: 'base64' | 'none';
  };
  durableTask: {
    hubName: string;
    maxConcurrentActivityFunctions: number;
    maxConcurrentOrchestratorFunctions: number;
    maxConcurrentEntityFunctions: number;
    maxEntityOperationBatchSize: number;
    /** Whether a client may start an instance under the id of one that has not ended, which is replaced. */
    overridesRunning: boolean;
  };
}

/** What stands for "no limit": the longest that a timer of Node can wait. */
const FOREVER = 2 ** 31 - 1;
const PER_PROCESSOR = 10 * availableParallelism();

const count = (least: number) => z.int(`must be a whole number from ${least}`).min(least, `must be at least ${least}`);
/** `[d.]hh:mm:ss[.fff]`, "-1" for none, or a number of milliseconds → milliseconds. */
const timeSpan = z.union([z.string(), z.number()], 'must be a time span (hh:mm:ss)').transform((value, context) => {
  if (typeof value === 'number') return value;
  if (value === '-1') return FOREVER;
  const match = /^(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(value);
  if (!match) {
    context.addIssue({ code: 'custom', message: `must be a time span (hh:mm:ss), not "${value}"` });
    return z.NEVER;
  }
  const [, days = '0', hours, minutes, seconds] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
});

const durableTask = (settings: NodeJS.ProcessEnv) =>
  z.object({
    hubName: z
      .string('must be a text')
      .default('TestHubName')
      .transform((name, context) => {
        try {
          return resolveSettings(name, settings);
        } catch (error) {
          context.addIssue({ code: 'custom', message: `cannot be resolved: ${(error as Error).message}` });
          return z.NEVER;
        }
      })
      .refine((name) => /^[A-Za-z][A-Za-z0-9]{2,44}$/.test(name), {
        error: ({ input }) => `must be 3 to 45 letters and digits, the first a letter, not "${String(input)}"`,
      }),
    maxConcurrentActivityFunctions: count(1).default(PER_PROCESSOR),
    maxConcurrentOrchestratorFunctions: count(1).default(PER_PROCESSOR),
    maxConcurrentEntityFunctions: count(1).default(PER_PROCESSOR),
    maxEntityOperationBatchSize: count(1).default(5000),
    overridableExistingInstanceStates: z
      .enum(['NonRunningStates', 'AnyState'], 'must be "NonRunningStates" or "AnyState"')
      .default('NonRunningStates'),
    extendedSessionsEnabled: z.literal(false, 'can be true for .NET apps only').optional(),
  });

/** Keys that are not here have no effect. Defaults are those of the host.json reference. */
const schema = (settings: NodeJS.ProcessEnv) =>
  z.object({
    version: z.literal('2.0', 'must be "2.0"'),
    functionTimeout: timeSpan.default(30 * 60_000),
    extensions: z
      .object({
        http: z.object({ routePrefix: z.string('must be a text').default('api') }).prefault({}),
        queues: z
          .object({
            batchSize: count(1).max(32, 'must be at most 32').default(16),
            newBatchThreshold: count(0).optional(),
            maxDequeueCount: count(1).default(5),
            maxPollingInterval: timeSpan.default(60_000),
            visibilityTimeout: timeSpan.default(0),
            messageEncoding: z.enum(['base64', 'none'], 'must be "base64" or "none"').default('base64'),
          })
          .prefault({}),
        durableTask: durableTask(settings).prefault({}),
      })
      .prefault({}),
  });

/**
 * @param settings the app settings, for `%NAME%` in the task hub's name
 * @throws Error naming the file and the key when the file is missing or wrong
 */
export function readHostJson(directory: string, settings: NodeJS.ProcessEnv): HostJson {
  const path = join(directory, 'host.json');
  const { success, error, data } = schema(settings).safeParse(readJson(path));
  if (!success) {
    const { path: keys, message } = error.issues[0]!;
    throw new Error(`${path}: ${keys.length > 0 ? `"${keys.join('.')}" ` : ''}${message}`);
  }
  const { http, queues, durableTask } = data.extensions;
  return {
    functionTimeout: data.functionTimeout,
    routePrefix: http.routePrefix,
    queues: { ...queues, newBatchThreshold: queues.newBatchThreshold ?? Math.floor(queues.batchSize / 2) },
    durableTask: { ...durableTask, overridesRunning: durableTask.overridableExistingInstanceStates === 'AnyState' },
  };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`);
  }
}
