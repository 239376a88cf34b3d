import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClock } from '../../../sandbox/core/clock.ts';
import type { Clock } from '../../../sandbox/core/types.ts';
import { shareClock } from '../../../sandbox/edge/clockFile.ts';
import {
  startFunctionsHost,
  type FunctionsHost,
  type FunctionsHostOptions,
} from '../../../sandbox/functions-host/index.ts';

const PRELOAD = new URL('../../../sandbox/edge/guest/preload.mjs', import.meta.url).href;
/** Longer than a busy machine takes. */
const WAIT_MS = 45_000;

/** An instance as a status query shows it. */
export interface Status {
  name: string;
  instanceId: string;
  runtimeStatus: string;
  input: unknown;
  output: unknown;
  customStatus: unknown;
  createdTime: string;
  lastUpdatedTime: string;
  historyEvents?: Record<string, unknown>[];
}

export interface World {
  host: FunctionsHost;
  clock: Clock;
  directory: string;
  /** Lines of the log. */
  log(): { level: string; message: string; [field: string]: unknown }[];
  restart(): Promise<void>;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown; headers: Headers }>;
  /** The same for a path of the durable HTTP API, with its key. */
  durable(method: string, path: string, body?: unknown): ReturnType<World['call']>;
  start(name: string, input?: unknown, id?: string): Promise<string>;
  status(id: string): Promise<Status>;
  /** Waits until the instance is as the predicate says. */
  until(id: string, predicate: (status: Status) => boolean): Promise<Status>;
  ended(id: string): Promise<Status>;
  stop(): Promise<void>;
}

/** A host with one of the apps here, on a state folder (`state`) and a clock of its own. `settings`: app settings. */
export async function startWorld(
  app: string,
  settings: Record<string, string> = {},
  options: Pick<FunctionsHostOptions, 'strict' | 'durableExtensionVersion'> = {},
): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'functions-host-'));
  const clock = createClock();
  const clockFile = join(directory, 'clock');
  const shared = shareClock(clock, clockFile);
  const logFile = join(directory, 'host.log');
  const start = () =>
    startFunctionsHost({
      directory: appDirectory(app),
      stateDir: join(directory, 'state'),
      env: { NODE_OPTIONS: `--import=${PRELOAD}`, SANDBOX_CLOCK_FILE: clockFile, ...settings },
      clock,
      logFile,
      ...options,
    });
  const world: World = {
    host: await start(),
    clock,
    directory,
    log: () => linesOf(logFile).map((line) => JSON.parse(line)),
    async restart() {
      world.host = await start();
    },
    async call(method, path, body) {
      const init =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const answer = await fetch(world.host.url + path, { method, ...init });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') && text !== '';
      return { status: answer.status, body: isJson ? (JSON.parse(text) as unknown) : text, headers: answer.headers };
    },
    async start(name, input, id) {
      const { status, body } = await world.call('POST', `/api/start/${name}`, { input, id });
      if (status !== 202) throw new Error(`start ${name}: ${status} ${JSON.stringify(body)}`);
      return (body as { id: string }).id;
    },
    durable(method, path, body) {
      const code = `code=${world.host.keys.systemKeys.durabletask_extension}`;
      return world.call(method, `/runtime/webhooks/durabletask/${path}${path.includes('?') ? '&' : '?'}${code}`, body);
    },
    async status(id) {
      const path = `instances/${encodeURIComponent(id)}?showHistory=true&showHistoryOutput=true`;
      return (await world.durable('GET', path)).body as Status;
    },
    until: async (id, predicate) => poll(() => world.status(id), predicate),
    ended: (id) => world.until(id, (one) => ['Completed', 'Failed', 'Terminated'].includes(one.runtimeStatus)),
    async stop() {
      await world.host.stop();
      shared.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return world;
}

/** The lines of a file to which another process appends; not the one that it is writing. None when there is no file. */
export function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

/** Where one of the apps here is. */
export function appDirectory(app: string): string {
  return fileURLToPath(new URL(`./apps/${app}`, import.meta.url));
}

/** Asks until the answer is right. @throws Error with the last answer when that takes too long */
export async function poll<T>(ask: () => Promise<T> | T, predicate: (answer: T) => boolean): Promise<T> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (predicate(answer)) return answer;
    if (performance.now() > until) throw new Error(`Still not so: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
