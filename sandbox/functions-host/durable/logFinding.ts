import type { Hub } from './context.ts';
import { largeValue } from './strict.ts';
import type { Finding } from './traps.ts';

/** Writes a misuse to the log, under the name of its trap. */
export function logFinding(
  hub: Hub,
  where: { name: string; instanceId: string },
  { trap, message, isFatal }: Finding,
): void {
  const level = isFatal || hub.strict ? 'error' : 'warning';
  hub.log(level, message, { category: 'Host.Durable', trap, function: where.name, instanceId: where.instanceId });
}

/** Tells of a value that is too large to be carried through a history, on a strict host. @param json JSON text */
export function reportLarge(
  hub: Hub,
  where: { name: string; instanceId: string },
  what: string,
  json: string | null,
): void {
  const finding = hub.strict ? largeValue(what, json) : undefined;
  if (finding) logFinding(hub, where, finding);
}
