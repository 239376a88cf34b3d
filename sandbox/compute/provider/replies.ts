import type { ArmReply } from '../../arm/types.ts';

/** 202 with both headers, as most of compute's operations answer. `work` may go on after the answer. */
export function accepted(work: () => Promise<unknown> = async () => undefined): ArmReply {
  return { status: 202, longRunning: { style: 'both', work } };
}
