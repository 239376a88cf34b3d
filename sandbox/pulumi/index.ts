import { fork } from 'node:child_process';
import type { StoredMap } from '../core/state.ts';
import type { Applied, Order, Report } from './child.ts';
import type { ProgramRequest } from './evaluate.ts';
import type { ImportFile } from './importFile.ts';
import { keyOf } from './stack.ts';
import type { Kept } from './stack.ts';

export type { Applied } from './child.ts';
export type { ProgramRequest } from './evaluate.ts';
export type { ImportFile, ImportedResource } from './importFile.ts';
export type { Kept } from './stack.ts';

/** Who applies, and with which memory. */
export interface Applier {
  /** Environment of the caller: proxy, certificate authority and managed identity come from there. */
  env: Record<string, string>;
  /** What stacks remember, of all projects. */
  memory: StoredMap<Kept>;
  /** Ends what is under way. */
  signal?: AbortSignal;
}

/** A file for `pulumi import --file`, for a project's stack. */
export interface ImportRequest extends Omit<ProgramRequest, 'program'> {
  file: ImportFile;
  /** Whether Pulumi refuses to delete what was imported until a program says otherwise; yes, as in Pulumi. */
  protect?: boolean;
}

/**
 * Brings a Pulumi program about through ARM, as `pulumi up` does: what the stack does not know is created, what changed
 * is updated or replaced, what the program no longer has is deleted.
 *
 * @throws Error naming the URN of each resource that failed, or the program's own error; what was done until then is kept
 */
export async function applyProgram(applier: Applier, request: ProgramRequest): Promise<Applied> {
  const report = await run(applier, request);
  if ('applied' in report) return report.applied;
  throw new Error(`Applying ${request.program} failed.\n${problem(report)}`);
}

/**
 * Takes resources that exist into a stack, as `pulumi import --file` does.
 * @returns their URNs
 * @throws Error naming each resource that cannot be taken; then none is
 */
export async function importIntoStack(
  applier: Applier,
  { file, protect = true, ...request }: ImportRequest,
): Promise<string[]> {
  const report = await run(applier, { ...request, program: '', import: { file, protect } });
  if ('imported' in report) return report.imported;
  throw new Error(`Importing into ${request.project}/${request.stack} failed.\n${problem(report)}`);
}

function problem(report: Report): string {
  return 'error' in report ? report.error : 'The applier answered something else.';
}

/** Takes a child process, because a program's process-wide state (Pulumi's runtime, its own globals) is its own. */
async function run({ env, memory, signal }: Applier, request: Omit<Order, 'entries'>): Promise<Report> {
  const own = `urn:pulumi:${request.stack}::${request.project}::`;
  const entries = [...memory.values()].filter(({ urn }) => urn.startsWith(own));
  const child = fork(new URL('./child.ts', import.meta.url), {
    env: { ...(process.env.PATH ? { PATH: process.env.PATH } : {}), ...env },
    execArgv: [],
    ...(signal && { signal }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (printed += String(text)));
  return new Promise((resolve) => {
    let result: Report | undefined;
    child.on('message', (message) => {
      const report = message as Report;
      if (!('change' in report)) result = report;
      else if ('keep' in report.change) memory.set(keyOf(report.change.keep), report.change.keep);
      else memory.delete(report.change.forget);
    });
    child.on('error', (error) => resolve({ error: error.message }));
    child.on('close', (code) => resolve(result ?? { error: `The applier ended with exit code ${code}.\n${printed}` }));
    child.send({ ...request, entries } satisfies Order);
  });
}
