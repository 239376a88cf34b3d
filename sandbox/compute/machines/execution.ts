import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Run Command reports the last 4 KiB of each stream. */
const REPORTED_BYTES = 4096;
/** Between TERM and KILL. */
const GRACE_MS = 2000;

export interface ScriptOptions {
  /** Folder of this execution: script, stdout and stderr files. */
  folder: string;
  script: string;
  args: string[];
  environment: Record<string, string>;
}

export interface ScriptResult {
  exitCode: number;
  output: string;
  error: string;
  end: 'exited' | 'timed-out' | 'terminated';
}

/** A script that runs, in a process group of its own. What it started with `systemd-run` is not part of that group. */
export interface Execution {
  done: Promise<ScriptResult>;
  /** The end of what it has written so far. */
  written(): { output: string; error: string };
  /** Files with all that it has written. */
  files: { output: string; error: string };
  /** Ends it: first asked, then forced. */
  end(why: 'timed-out' | 'terminated'): void;
}

/** Writes the script to a file and runs it with bash. `done` never rejects. */
export function execute(options: ScriptOptions): Execution {
  mkdirSync(options.folder, { recursive: true });
  const file = join(options.folder, 'script.sh');
  const outputs = { output: join(options.folder, 'stdout'), error: join(options.folder, 'stderr') };
  writeFileSync(file, options.script.replaceAll('\r\n', '\n'), { mode: 0o700 });
  // Files, not pipes: a process that the script leaves behind may keep them open.
  const descriptors = [openSync(outputs.output, 'w', 0o600), openSync(outputs.error, 'w', 0o600)];
  let child: ChildProcess | undefined;
  try {
    child = spawn('/bin/bash', [file, ...options.args], {
      cwd: options.folder,
      env: options.environment,
      detached: true,
      stdio: ['ignore', ...descriptors],
    });
  } catch (error) {
    // Parameters are longer than the system takes (E2BIG).
    writeFileSync(outputs.error, `/bin/bash: ${(error as Error).message}\n`);
  } finally {
    descriptors.forEach((d) => closeSync(d));
  }

  let end: ScriptResult['end'] = 'exited';
  const ended = () => child?.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const signal = (name: NodeJS.Signals) => {
    if (ended()) return;
    try {
      process.kill(-child!.pid!, name);
    } catch {
      // The group has ended in this moment.
    }
  };
  let kill: NodeJS.Timeout | undefined;
  const stop = (why: ScriptResult['end']) => {
    if (end !== 'exited' || ended()) return;
    end = why;
    signal('SIGTERM');
    kill = setTimeout(() => signal('SIGKILL'), GRACE_MS);
  };
  const written = () => ({ output: tail(outputs.output), error: tail(outputs.error) });

  const exited = new Promise<number>((resolve) => {
    if (!child) return resolve(126);
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 137));
  });
  const done = exited.then((exitCode) => {
    clearTimeout(kill);
    return { exitCode, end, ...written() };
  });
  return { done, written, files: outputs, end: stop };
}

function tail(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, REPORTED_BYTES));
    const count = readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8', 0, count);
  } catch {
    // A script may do with what lies where it runs what it likes.
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
