import type { Hub } from './context.ts';
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
