import type { Answer, Victim } from './host.ts';
import type { Planned } from './plan.ts';

const RETRY_MS = 20;
const POLL_MS = 150;
/** How long an orchestration may take that nobody disturbs any more. */
const PATIENCE_MS = 120_000;

/** What was sent until something was acknowledged: the last attempt was, the others may have been heard or not. */
export interface Sent {
  acknowledged: string;
  attempts: string[];
}

/** What became of an orchestration. */
export interface Ended {
  status: string;
  output: unknown;
  events: Sent[];
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Sends until an answer comes. @param send gets the number of the attempt, from 0 */
export async function insist(send: (attempt: number) => Promise<Answer | undefined>): Promise<Answer> {
  const until = performance.now() + PATIENCE_MS;
  for (let attempt = 0; performance.now() < until; attempt++) {
    const answer = await send(attempt);
    if (answer) return answer;
    await pause(RETRY_MS);
  }
  throw new Error('The host does not answer any more');
}

/** Sends a text, marked with the attempt, until it is acknowledged. */
export async function insistOn(text: string, send: (text: string) => Promise<Answer | undefined>): Promise<Sent> {
  const attempts: string[] = [];
  const answer = await insist((attempt) => {
    attempts.push(`${text}, attempt ${attempt}`);
    return send(attempts.at(-1)!);
  });
  if (answer.status !== 202) throw new Error(`${text}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { acknowledged: attempts.at(-1)!, attempts };
}

/** Starts an orchestration, does to it what is planned, and waits for its end. */
export async function drive(victim: Victim, planned: Planned): Promise<Ended> {
  const { id, name, input } = planned;
  let attempts = 0;
  const started = await insist((attempt) => {
    attempts = attempt + 1;
    return victim.ask('POST', `orchestrators/${name}/${id}`, input);
  });
  // An attempt without an answer may have started it.
  if (started.status !== 202 && attempts === 1) throw new Error(`${id} was not started: ${started.status}`);

  if (planned.suspended) {
    for (const operation of ['suspend', 'resume']) {
      await insist(() => victim.ask('POST', `instances/${id}/${operation}`));
    }
  }
  const raise = (event: string) => victim.ask('POST', `instances/${id}/raiseEvent/Item`, event);
  const events: Sent[] = [];
  for (let index = 0; index < planned.events; index++) events.push(await insistOn(`event ${index}`, raise));
  if (planned.events > 0) await insist(() => raise('end'));

  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const { body } = await insist(() => victim.ask('GET', `instances/${id}`));
    const { runtimeStatus, output } = body as { runtimeStatus: string; output: unknown };
    if (['Completed', 'Failed', 'Terminated'].includes(runtimeStatus)) return { status: runtimeStatus, output, events };
    if (performance.now() > until) throw new Error(`${id} (${name}) is still ${runtimeStatus}`);
    await pause(POLL_MS);
  }
}
