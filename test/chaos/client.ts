import type { Answer, Victim } from './host.ts';
import type { Planned } from './plan.ts';

const RETRY_MS = 50;
const POLL_MS = 150;
/** How long after the last kill the host may take to answer, and an orchestration to end. */
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
export async function insist(victim: Victim, send: (attempt: number) => Promise<Answer | undefined>): Promise<Answer> {
  const patience = patienceWith(victim);
  for (let attempt = 0; ; attempt++) {
    const answer = await send(attempt);
    if (answer) return answer;
    if (patience.isOver()) throw new Error('The host does not answer any more');
    await pause(RETRY_MS);
  }
}

function patienceWith(victim: Victim): { isOver(): boolean } {
  const began = performance.now();
  return { isOver: () => performance.now() > Math.max(began, victim.killedAt()) + PATIENCE_MS };
}

/** Sends a text, marked with the attempt, until it is acknowledged. */
export async function insistOn(
  victim: Victim,
  text: string,
  send: (text: string) => Promise<Answer | undefined>,
): Promise<Sent> {
  const attempts: string[] = [];
  const answer = await insist(victim, (attempt) => {
    attempts.push(`${text}, attempt ${attempt}`);
    return send(attempts.at(-1)!);
  });
  if (answer.status !== 202) throw new Error(`${text}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { acknowledged: attempts.at(-1)!, attempts };
}

/** Starts an orchestration, does to it what is planned, and waits for its end. */
export async function drive(victim: Victim, planned: Planned): Promise<Ended> {
  const { id, name, input } = planned;
  const started = await insist(victim, async (attempt) => {
    // An attempt without an answer may have started it, and what has ended since would be started anew.
    const known = attempt === 0 ? undefined : await victim.ask('GET', `instances/${id}`);
    if (attempt > 0 && known?.status !== 404) return known;
    return victim.ask('POST', `orchestrators/${name}/${id}`, input);
  });
  if (started.status >= 400) throw new Error(`${id} was not started: ${started.status}`);

  if (planned.suspended) {
    await insist(victim, () => victim.ask('POST', `instances/${id}/suspend`));
    // Refused until the suspension has been taken in; 410 when it had ended before.
    await insist(victim, async () => {
      const answer = await victim.ask('POST', `instances/${id}/resume`);
      return answer?.status === 500 ? undefined : answer;
    });
  }
  const raise = (event: string) => victim.ask('POST', `instances/${id}/raiseEvent/Item`, event);
  const events: Sent[] = [];
  for (let index = 0; index < planned.events; index++) {
    events.push(await insistOn(victim, `event ${index}`, raise));
    await pause(planned.between);
  }
  if (planned.events > 0) await insist(victim, () => raise('end'));

  const patience = patienceWith(victim);
  for (;;) {
    const { body } = await insist(victim, () => victim.ask('GET', `instances/${id}`));
    const { runtimeStatus, output } = body as { runtimeStatus: string; output: unknown };
    if (['Completed', 'Failed', 'Terminated'].includes(runtimeStatus)) return { status: runtimeStatus, output, events };
    if (patience.isOver()) throw new Error(`${id} (${name}) is still ${runtimeStatus}`);
    await pause(POLL_MS);
  }
}
