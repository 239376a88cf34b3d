import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AzuritePorts, AzuriteSettings } from './main.ts';

export interface Azurite {
  ports: AzuritePorts;
  stop(): Promise<void>;
}

/**
 * Starts Azurite as a child that ends with this process, however that ends.
 * @param guestEnv the environment that gives it the sandbox's clock; no proxy, since it only listens
 */
export async function startAzurite(settings: AzuriteSettings, guestEnv: Record<string, string>): Promise<Azurite> {
  await mkdir(settings.dir, { recursive: true });
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
    cwd: settings.dir,
    env: { PATH: process.env.PATH, HOME: settings.dir, ...guestEnv },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdin.on('error', () => {}); // it may be gone before it has read
  child.stdin.write(JSON.stringify(settings) + '\n');

  const ports = await new Promise<AzuritePorts>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`Azurite ended with ${code} before it had started.`)));
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as AzuritePorts));
  });
  child.once('close', (code) => {
    if (code !== 0) process.stderr.write(`sandbox storage: Azurite ended with ${code}\n`);
  });
  return {
    ports,
    stop() {
      child.stdin.end();
      return ended;
    },
  };
}
