import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** What this host takes from host.json; durations in milliseconds. Defaults are those of the host.json reference. */
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
  };
}

interface File {
  version?: string;
  functionTimeout?: string;
  extensions?: {
    http?: { routePrefix?: string };
    queues?: Partial<Record<keyof HostJson['queues'], number | string>>;
    durableTask?: Partial<HostJson['durableTask']>;
  };
}

/** @throws Error when the file is missing, no JSON or not of version 2.0 */
export function readHostJson(directory: string): HostJson {
  const path = join(directory, 'host.json');
  const file = JSON.parse(readFileSync(path, 'utf8')) as File;
  if (file.version !== '2.0') throw new Error(`${path}: "version" must be "2.0"`);
  const { http, queues, durableTask } = file.extensions ?? {};
  const batchSize = Number(queues?.batchSize ?? 16);
  const encoding = queues?.messageEncoding ?? 'base64';
  if (encoding !== 'base64' && encoding !== 'none') throw new Error(`${path}: messageEncoding is base64 or none`);
  const perProcessor = 10 * availableParallelism();
  return {
    functionTimeout: timeSpan(file.functionTimeout ?? '00:30:00'),
    routePrefix: http?.routePrefix ?? 'api',
    queues: {
      batchSize,
      newBatchThreshold: Number(queues?.newBatchThreshold ?? Math.floor(batchSize / 2)),
      maxDequeueCount: Number(queues?.maxDequeueCount ?? 5),
      maxPollingInterval: timeSpan(queues?.maxPollingInterval ?? '00:01:00'),
      visibilityTimeout: timeSpan(queues?.visibilityTimeout ?? '00:00:00'),
      messageEncoding: encoding,
    },
    durableTask: {
      hubName: 'TestHubName',
      maxConcurrentActivityFunctions: perProcessor,
      maxConcurrentOrchestratorFunctions: perProcessor,
      maxConcurrentEntityFunctions: perProcessor,
      maxEntityOperationBatchSize: 5000,
      ...durableTask,
    },
  };
}

/** `[d.]hh:mm:ss[.fff]` or a number of milliseconds → milliseconds. @throws Error for anything else */
function timeSpan(value: string | number): number {
  if (typeof value === 'number') return value;
  if (value === '-1') return 2 ** 31 - 1;
  const match = /^(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(value);
  if (!match) throw new Error(`host.json: "${value}" is no time span`);
  const [, days = '0', hours, minutes, seconds] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
