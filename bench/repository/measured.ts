import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';

/** A program as it is run. */
export interface Command {
  program: string;
  args: readonly string[];
  env?: Record<string, string>;
  cwd?: string;
}

export interface Cost {
  /** Wall time. */
  seconds: number;
  /** User and system time, of all threads and of children. */
  cpuSeconds: number;
  /** The most memory that the process held at once (`ru_maxrss`), in bytes. */
  peakBytes: number;
}

/** Node.js cannot tell what its children cost; `wait4` can. Python is there wherever Borg is. */
const WAIT4 = `
import json, os, subprocess, sys, time
began = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
seconds = time.monotonic() - began
json.dump([os.waitstatus_to_exitcode(status), seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024], sys.stdout)
`;

/** Runs a program to its end and measures it. @throws what it said when it fails */
export async function measured({ program, args, env, cwd }: Command): Promise<Cost> {
  const child = spawn('python3', ['-c', WAIT4, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    cwd,
    detached: true,
  });
  // Who gives up ends what it began, the program behind Python too, and before its folder is removed.
  const end = () => process.kill(-(child.pid ?? 0), 'SIGKILL');
  process.prependOnceListener('exit', end);
  const [output, errors] = await Promise.all([text(child.stdout as Readable), text(child.stderr as Readable)]);
  process.off('exit', end);
  const [exitCode, seconds, cpuSeconds, peakBytes] = JSON.parse(output || '[1,0,0,0]') as [
    number,
    number,
    number,
    number,
  ];
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}: ${errors.trim()}`);
  return { seconds, cpuSeconds, peakBytes };
}
