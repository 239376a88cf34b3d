import { spawn } from 'node:child_process';

/** Runs a program as a caller of the sandbox would: its own process, the caller's environment. */
export async function run(command: string, args: string[], env: Record<string, string>): Promise<string> {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${errors}${out}`);
  return out;
}

/** Runs an ES module's text in a Node process; what it prints is taken as JSON. */
export async function runModule(source: string, env: Record<string, string>): Promise<unknown> {
  return JSON.parse(await run(process.execPath, ['--input-type=module', '--eval', source], env)) as unknown;
}
