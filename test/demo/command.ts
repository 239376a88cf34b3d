import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** A program of demo/ as its npm script runs it, to its end; without a terminal. @param take lines of its output until it is hung up on */
export async function run(program: string, args: string[], take = Infinity) {
  const file = join(import.meta.dirname, '../../demo', program);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (out.split('\n').length > take) child.stdout.destroy();
  });
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, errors };
}
