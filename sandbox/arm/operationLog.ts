import type { ArmPath, ArmWorld } from './types.ts';

/** What an operation was asked for. */
export interface OperationOrigin {
  method: string;
  /** What it was asked of. */
  path: ArmPath;
  location: string;
  apiVersion: string;
}

/** A long-running operation as the state keeps it. Times are ISO 8601. */
export interface Operation {
  id: string;
  origin: OperationOrigin;
  startTime: string;
  endTime?: string;
  status: 'InProgress' | 'Succeeded' | 'Failed';
  error?: { status: number; code: string; message: string; details: Record<string, unknown> };
  result?: unknown;
}

/** How long an operation can be asked for after its end: its result may hold a secret (an export's SAS). */
const KEPT_MS = 3_600_000;

/**
 * The operations of a world, also those of earlier runs. Work cannot be taken up where a process left it: what was
 * under way when the last run ended has failed, and is to be asked for again.
 */
export function createOperationLog({ state, clock }: Pick<ArmWorld, 'state' | 'clock'>) {
  const log = state.map<Operation>('arm.operations');
  for (const operation of log.values()) {
    if (operation.status !== 'InProgress') continue;
    const message = `The operation did not end before the local Azure did. Repeat ${operation.origin.method} of '${operation.origin.path.id}'.`;
    const error = { status: 500, code: 'InternalServerError', message, details: {} };
    log.set(operation.id, { ...operation, status: 'Failed', endTime: clock.iso(), error });
  }

  const old = ({ endTime }: Operation) => endTime !== undefined && clock.now() - Date.parse(endTime) > KEPT_MS;

  return {
    get(id: string): Operation | undefined {
      const found = log.get(id);
      return found && !old(found) ? found : undefined;
    },
    put: (operation: Operation) => log.set(operation.id, operation),
    /** Drops the oldest ones, up to the first that may still be asked for. */
    forgetOld(): void {
      for (const operation of log.values()) {
        if (!old(operation)) return;
        log.delete(operation.id);
      }
    },
  };
}
