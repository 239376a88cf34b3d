import type { Ended, Sent } from './client.ts';
import type { Planned } from './plan.ts';

/** @returns what is wrong with an orchestration's end, undefined when nothing is */
export function wrongEnd(planned: Planned, ended: Ended): string | undefined {
  const { id, name } = planned;
  const told = `${id} (${name}) ended as ${ended.status} with ${JSON.stringify(ended.output)}`;
  if (ended.status !== 'Completed') return told;
  if (planned.output === undefined) {
    const received = ended.output as string[];
    const wrong = wrongDelivery(received, ended.events) ?? wrongOrder(received, ended.events);
    return wrong && `${told}: ${wrong}`;
  }
  return ended.output === planned.output ? undefined : `${told}, not ${JSON.stringify(planned.output)}`;
}

/** What was acknowledged has to have come exactly once, what was not at most once, and nothing else. */
export function wrongDelivery(received: string[], sent: Sent[]): string | undefined {
  const times = new Map<string, number>();
  for (const one of received) times.set(one, (times.get(one) ?? 0) + 1);
  const known = new Set(sent.flatMap(({ attempts }) => attempts));
  for (const [one, count] of times) {
    if (!known.has(one)) return `"${one}" was never sent`;
    if (count > 1) return `"${one}" came ${count} times`;
  }
  const lost = sent.find(({ acknowledged }) => !times.has(acknowledged));
  return lost && `"${lost.acknowledged}" was acknowledged and never came`;
}

/** What a client sent one after the other, each when the one before was acknowledged, has to have come in that order. */
export function wrongOrder(received: string[], sent: Sent[]): string | undefined {
  const order = sent.flatMap(({ attempts }) => attempts);
  const early = received.find((one, index) => index > 0 && order.indexOf(one) < order.indexOf(received[index - 1]!));
  return early && `"${early}" came after what was sent later`;
}
