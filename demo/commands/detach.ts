import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openRegister, type Register } from '../../sandbox/control/index.ts';
import { outside, thisCommand } from './outside.ts';

/** What the process in the background says when its world is ready. */
export interface Ready {
  ready: string;
}

/** Variable that names the log of a process in the background. */
export const LOG_VARIABLE = 'SANDBOX_LOG';

/** Starts this very command in the background, and ends when its world is ready or has failed, with its exit code. */
export async function detach(): Promise<never> {
  const register = openRegister();
  forgetLogs(register);
  const log = join(register.dir, `${randomUUID()}.log`);
  const out = openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, thisCommand(['--detach']), {
    detached: true,
    env: { ...outside(), [LOG_VARIABLE]: log },
    stdio: ['ignore', out, out, 'ipc'],
  });
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupted = true;
      child.kill('SIGTERM');
    });
  }
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const message = await Promise.race([
    once(child, 'message') as Promise<[Ready]>,
    ended.then(([code]): [undefined, number] => [undefined, code ?? 1]),
  ]);
  if (!message[0]) {
    process.stderr.write(readFileSync(log, 'utf8'));
    rmSync(log);
    process.exit(interrupted ? 130 : message[1]);
  }
  console.log(message[0].ready);
  console.log(`\nIn the background: process ${child.pid}, log ${log}. To end it: npm run sandbox -- stop`);
  process.exit(0);
}

/** A world that is being started is not written down yet. */
const STARTING_MS = 10 * 60_000;

/** Removes logs of worlds that are gone. */
function forgetLogs({ dir, list }: Register): void {
  const used = new Set(list().map(({ log }) => log));
  for (const name of readdirSync(dir)) {
    const file = join(dir, name);
    if (!name.endsWith('.log') || used.has(file)) continue;
    if (Date.now() - statSync(file).mtimeMs > STARTING_MS) rmSync(file, { force: true });
  }
}
