import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Operation } from './operations.ts';

const HOOK = new URL('./hook.ts', import.meta.url).href;
/** Hundreds of processes run the same program. */
const COMPILED = fileURLToPath(new URL('../../../node_modules/.cache/strongroom', import.meta.url));
const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** When a victim is killed: at its n-th change of the file system, or some milliseconds after its first. */
export type Moment = { step: number } | { afterMs: number } | undefined;

export interface Death {
  /** Whether SIGKILL came before its end. */
  killed: boolean;
  /** Where it died: `before put data`, `after delete marks` (while it wrote a scratch file or held a lock), … */
  phase: string;
  steps: number;
  /** From its first change to its end. */
  ms: number;
  /** What a victim that was not killed complained of. */
  complaint?: string;
}

/** Does an operation in a process of its own, which is killed at a moment unless it ends before. */
export async function runVictim(
  folder: string,
  keys: readonly string[],
  operation: Operation,
  moment: Moment,
): Promise<Death> {
  const child = spawn(
    process.execPath,
    ['--import', HOOK, CHILD, folder, JSON.stringify(keys), JSON.stringify(operation)],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: COMPILED,
        KILL_ROOT: folder,
        ...(moment && 'step' in moment ? { KILL_AT: String(moment.step) } : {}),
      },
    },
  );
  let [steps, phase, done, began] = [0, 'start', 'start', 0];
  let timer: NodeJS.Timeout | undefined;
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (lines: string) => {
    const some = lines.trimEnd().split('\n');
    if (steps === 0) {
      began = performance.now();
      if (moment && 'afterMs' in moment) timer = setTimeout(() => child.kill('SIGKILL'), moment.afterMs);
    }
    steps += some.length;
    for (const line of some) {
      const isOfObject = !/ (scratch|lock)$/.test(line);
      if (isOfObject) done = line;
      phase = isOfObject ? `before ${line}` : `after ${done}`;
    }
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  const complaint = await text(child.stderr as Readable);
  const { code, signal } = await ended;
  clearTimeout(timer);
  const killed = signal === 'SIGKILL';
  return {
    killed,
    phase,
    steps,
    ms: performance.now() - began,
    ...(killed || code === 0 ? {} : { complaint: complaint || `exit code ${code}` }),
  };
}
