import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { AzuritePorts, AzuriteSettings } from './main.ts';

export interface Azurite {
  /** Where it listens; other ports after it has been started again. */
  ports(): AzuritePorts;
  /** Resolves when it listens: at once, unless it has just died. */
  ready(): Promise<void>;
  /** Id of the process. */
  pid(): number;
  stop(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Starts Azurite as a child that ends with this process, however that ends, and starts it again should it die: what it
 * has acknowledged is in its files.
 * @param guestEnv the environment that gives it the sandbox's clock; no proxy, since it only listens
 */
export async function startAzurite(settings: AzuriteSettings, guestEnv: Record<string, string>): Promise<Azurite> {
  await mkdir(settings.dir, { recursive: true });
  let stopping = false;
  let child: Child;
  let ports: AzuritePorts;
  let ended: Promise<void>;

  const launch = async (): Promise<void> => {
    child = run(settings, guestEnv);
    ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    ports = await listening(child);
    child.once('close', (code, signal) => {
      if (stopping) return;
      process.stderr.write(`sandbox storage: Azurite ended with ${code ?? signal}; it is started again\n`);
      started = launch();
      started.catch((error: unknown) => process.stderr.write(`sandbox storage: ${String(error)}\n`));
    });
  };
  let started = launch();
  await started;

  return {
    ports: () => ports,
    ready: () => started,
    pid: () => child.pid!,
    async stop() {
      stopping = true;
      await started.catch(() => {});
      child.stdin.end();
      await ended;
    },
  };
}

function run(settings: AzuriteSettings, guestEnv: Record<string, string>): Child {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
    cwd: settings.dir,
    env: { PATH: process.env.PATH, HOME: settings.dir, ...guestEnv },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => {}); // it may be gone before it has read
  child.stdin.write(JSON.stringify(settings) + '\n');
  return child;
}

function listening(child: Child): Promise<AzuritePorts> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`Azurite ended with ${code} before it had started.`)));
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as AzuritePorts));
  });
}
