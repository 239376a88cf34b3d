import type { InvocationContext } from '@azure/functions';
import { errorInfo } from '../../model/errors.ts';
import { failed, succeeded, type Outcome } from '../../model/outcome.ts';
import type { Appliance } from '../appliance.ts';
import type { Handlers } from './handlers.ts';
import { jobActivities } from './jobs.ts';
import { probeActivities } from './probe.ts';
import { sessionActivities } from './session.ts';
import { snapshotActivities } from './snapshots.ts';
import { siteActivities } from './site.ts';
import { workerActivities } from './worker.ts';

/** Every activity. The type makes a missing one a compile error: in Azure it would hang for ever. */
export function activities(appliance: Appliance): Handlers {
  return {
    ...sessionActivities(appliance),
    ...snapshotActivities(appliance),
    ...siteActivities(appliance),
    ...workerActivities(appliance),
    ...jobActivities(appliance),
    ...probeActivities(appliance),
  };
}

/**
 * An activity as Durable calls it: failures become outcomes, so that no stack and no SDK text enters the history, and
 * the orchestration sees the code.
 */
export function asOutcome<I, O>(handler: (input: I) => Promise<O>) {
  return async (input: I, context: InvocationContext): Promise<Outcome<O>> => {
    try {
      return succeeded(await handler(input));
    } catch (error) {
      const info = errorInfo(error);
      context.warn(`${context.functionName} failed: ${info.code}: ${info.message}`);
      return failed(info);
    }
  };
}
