import { fork } from 'node:child_process';
import type { Answer } from './child.ts';
import type { Applied, ProgramRequest } from './evaluate.ts';

export type { Applied, ProgramRequest } from './evaluate.ts';

/**
 * Evaluates a Pulumi program and creates its resources through ARM, as the caller whose environment is given: proxy,
 * certificate authority and managed identity come from there. Create only: nothing is compared, nothing deleted.
 * Takes a child process, because a program's process-wide state (Pulumi's runtime, its own globals) is its own.
 *
 * `signal` ends the child.
 *
 * @throws Error naming the URN of each resource that failed, or the program's own error.
 */
export async function applyProgram({
  env,
  signal,
  ...request
}: ProgramRequest & { env: Record<string, string>; signal?: AbortSignal }): Promise<Applied> {
  const child = fork(new URL('./child.ts', import.meta.url), {
    env: { ...(process.env.PATH ? { PATH: process.env.PATH } : {}), ...env },
    execArgv: [],
    ...(signal && { signal }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (printed += String(text)));
  const answer = await new Promise<Answer>((resolve) => {
    let result: Answer | undefined;
    child.on('message', (message) => (result = message as Answer));
    child.on('error', (error) => resolve({ error: error.message }));
    child.on('close', (code) => resolve(result ?? { error: `The applier ended with exit code ${code}.\n${printed}` }));
    child.send(request);
  });
  if ('applied' in answer) return answer.applied;
  throw new Error(`Applying ${request.program} failed.\n${answer.error}`);
}
