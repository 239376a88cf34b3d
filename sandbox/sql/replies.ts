import type { ArmReply } from '../arm/types.ts';

/** A long-running operation, announced with both headers, as those of Microsoft.Sql are. Without `work` it has ended. */
export function started(status: 200 | 201 | 202, work: () => Promise<unknown> = async () => undefined): ArmReply {
  return { status, longRunning: { style: 'both', work } };
}
