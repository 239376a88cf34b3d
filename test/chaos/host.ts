import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { createClock } from '../../sandbox/core/clock.ts';
import { startFunctionsHost, type FunctionsHost } from '../../sandbox/functions-host/index.ts';

export interface Answer {
  status: number;
  body: unknown;
}

/** A Functions host that can be killed, and a client that notices. */
export interface Victim {
  /** A folder for the app's activities. */
  folder: string;
  kill(): Promise<void>;
  /** When it was killed last, by `performance.now()`. */
  killedAt(): number;
  restart(): Promise<void>;
  /** How many requests have been answered so far. */
  answers(): number;
  /** A request to the Durable API; undefined: no answer came, so nobody knows whether it was heard. */
  ask(method: string, path: string, body?: unknown): Promise<Answer | undefined>;
  /** Ends the host. @returns how many rows each table of the task hub has */
  end(): Promise<Record<string, number>>;
  remove(): Promise<void>;
}

export async function startVictim(): Promise<Victim> {
  const directory = mkdtempSync(join(tmpdir(), 'chaos-'));
  const folder = join(directory, 'activities');
  mkdirSync(folder);
  const start = () =>
    startFunctionsHost({
      directory: fileURLToPath(new URL('./app', import.meta.url)),
      stateDir: join(directory, 'state'),
      env: {},
      clock: createClock(),
      logFile: join(directory, 'host.log'),
    });
  let killedAt = 0;
  let answers = 0;
  let host: FunctionsHost = await start();
  return {
    folder,
    async kill() {
      killedAt = performance.now();
      await host.kill();
    },
    killedAt: () => killedAt,
    answers: () => answers,
    async restart() {
      host = await start();
    },
    async ask(method, path, body) {
      const url = new URL(`${host.url}/runtime/webhooks/durabletask/${path}`);
      url.searchParams.set('code', host.keys.systemKeys.durabletask_extension);
      const init =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      try {
        const answer = await fetch(url, { method, ...init });
        const text = await answer.text();
        answers++;
        return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      } catch {
        return undefined;
      }
    },
    async end() {
      await host.stop();
      const hub = new DatabaseSync(join(directory, 'state', 'taskhub-chaos.db'));
      const rows = (table: string) => (hub.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n;
      const tables = ['instances', 'history', 'inbox', 'timers', 'activities'];
      const counted = Object.fromEntries(tables.map((table) => [table, rows(table)]));
      hub.close();
      return counted;
    },
    async remove() {
      await host.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
