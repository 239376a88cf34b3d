import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

/** The variables of a world's environment (`--env-file`) that change what a Node process sees. */
const OF_A_WORLD = ['SANDBOX_CLOCK_FILE', 'NODE_OPTIONS', 'NODE_USE_ENV_PROXY', 'NODE_EXTRA_CA_CERTS'];

/** Whether this process sees a world as Azure and its time as the time: its shell has read an environment file. */
export function isSetUp(): boolean {
  return process.env.SANDBOX_CLOCK_FILE !== undefined;
}

/** This process's environment without a world's. */
export function outside(): NodeJS.ProcessEnv {
  if (!isSetUp()) return process.env;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_A_WORLD.includes(name)));
}

/** The arguments of a Node process that is this command again, without some. */
export function thisCommand(without: string[] = []): string[] {
  // Behind `--` Node does not take `--env-file` for an option of its own.
  return ['--', ...process.argv.slice(1).filter((argument) => !without.includes(argument))];
}

/** Runs this command again in real time. @returns its exit code */
export async function runOutside(): Promise<number> {
  const child = spawn(process.execPath, thisCommand(), { env: outside(), stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child by itself; a signal for this process alone is passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal!];
}
