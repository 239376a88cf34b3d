import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../core/types.ts';
import type { HostKeys } from './keys.ts';
import { openLog, type Logger } from './log.ts';
import { DEFAULT_EXTENSION_VERSION, replaySchema } from './durable/extension.ts';
import { RESTART, type HostMessage, type HostStart } from './process.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** What of the parent's environment an app may see: what a process needs to run at all. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG'];

/** An app that breaks again and again must not take the whole machine. */
const RESTART_AFTER_CRASH_MS = 1000;

export interface FunctionsHostOptions {
  /** The built app: host.json, package.json with `main`. */
  directory: string;
  /** The task hub and the keys. A host that is started again here goes on where the last one was. */
  stateDir: string;
  /** App settings and the caller's environment (proxy, identity, clock). */
  env: Record<string, string>;
  clock: Clock;
  /** JSON lines are appended. */
  logFile: string;
  port?: number;
  /**
   * Fails instances, with a message that names the trap and the way out, where Azure goes wrong silently or lets them
   * wait for ever. False, the default: exactly as Azure, with a line in the log.
   */
  strict?: boolean;
  /** The version of Microsoft.Azure.WebJobs.Extensions.DurableTask to mirror: 3.13.0 or later has entity locks. */
  durableExtensionVersion?: string;
}

export interface FunctionsHost {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Another one after a restart. */
  readonly pid: number;
  keys: HostKeys;
  /** Resolves when the process has ended and is not started again. */
  exited: Promise<void>;
  /** Ends it and waits. */
  stop(): Promise<void>;
  /** SIGKILL, and waits: the crash that a host must survive. */
  kill(): Promise<void>;
}

/**
 * Starts a Functions app in a process of its own, which ends with this one. The process is started again, on the same
 * port, when it ends by itself: after a function that took too long, or an error that nobody caught.
 * @throws Error with the host's reason when the app does not start
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  mkdirSync(options.stateDir, { recursive: true });
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openLog(options.logFile);
  const ending = new AbortController();
  const isEnding = () => ending.signal.aborted;
  let current = await startProcess(options, log);
  const { url, keys } = current;

  const run = async () => {
    for (;;) {
      const code = await current.exited;
      if (code !== RESTART && !isEnding()) {
        const how = code === null ? 'by a signal' : `with code ${code}`;
        log('error', `The host's process ended ${how} and is started again`, { category: 'Host.Startup' });
        await delay(RESTART_AFTER_CRASH_MS, undefined, { signal: ending.signal }).catch(() => undefined);
      }
      if (isEnding()) return;
      current = await startProcess({ ...options, port: Number(new URL(url).port) }, log);
      if (isEnding()) current.child.kill('SIGKILL');
    }
  };
  const exited = run().catch((error: Error) => log('critical', error.message, { category: 'Host.Startup' }));
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    ending.abort();
    current.child.kill(signal);
    await exited;
  };
  return {
    url,
    keys,
    exited,
    get pid() {
      return current.child.pid!;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

interface HostProcess {
  child: ChildProcess;
  url: string;
  keys: HostKeys;
  /** The exit code, null after a signal. */
  exited: Promise<number | null>;
}

async function startProcess(options: FunctionsHostOptions, log: Logger): Promise<HostProcess> {
  const { directory, stateDir, logFile, clock, port = 0, strict = false } = options;
  const schema = replaySchema(options.durableExtensionVersion ?? DEFAULT_EXTENSION_VERSION);
  const start: HostStart = { directory, stateDir, logFile, port, strict, schema };
  const child = spawn(process.execPath, [MAIN, JSON.stringify(start)], {
    cwd: directory,
    env: environment(options.env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  forward(child.stdout!, (line) => log('information', line, { category: 'Console' }));
  forward(child.stderr!, (line) => log('error', line, { category: 'Console' }));
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => code!);
  // The clock file is written before or after this runs; the host looks at its timers often enough for both.
  const forget = clock.onChange(() => child.connected && child.send({ clock: 'moved' }));
  void exited.then(forget);

  const ended = exited.then((): HostMessage => ({ failed: `the host's process ended; see ${logFile}` }));
  const ready = once(child, 'message').then(([message]: HostMessage[]) => message!);
  const message = await Promise.race([ready, ended]);
  if ('failed' in message) {
    await exited;
    throw new Error(`The Functions host did not start: ${message.failed}`);
  }
  return { child, url: message.url, keys: message.keys, exited };
}

function environment(given: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = INHERITED.filter((name) => process.env[name] !== undefined).map((name) => [
    name,
    process.env[name],
  ]);
  return { ...Object.fromEntries(inherited), FUNCTIONS_WORKER_RUNTIME: 'node', TZ: 'UTC', ...given };
}

function forward(stream: Readable, write: (line: string) => void): void {
  createInterface({ input: stream }).on('line', write);
}
