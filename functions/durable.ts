import { EntityId, OrchestrationRuntimeStatus, type DurableClient } from 'durable-functions';
import { LEASES, type AcquireRequest, type LeaseState, type ReleaseRequest } from '../model/leases.ts';
import type { orchestrators } from './orchestrators/index.ts';

/** What triggers ask of the Durable client. */
export interface Durable {
  start(orchestrator: keyof typeof orchestrators, instanceId: string, input: unknown): Promise<void>;
  status(instanceId: string): Promise<'running' | 'ended' | 'absent'>;
  /** False when there is no such instance. An event for one that has ended is dropped. */
  raise(instanceId: string, event: string, data: unknown): Promise<boolean>;
  /** Both leave at once; {@link Durable.leases} shows what came of it. */
  acquire(pool: string, request: AcquireRequest): Promise<void>;
  release(pool: string, request: ReleaseRequest): Promise<void>;
  leases(pool: string): Promise<LeaseState | undefined>;
}

const ended: string[] = [
  OrchestrationRuntimeStatus.Completed,
  OrchestrationRuntimeStatus.Failed,
  OrchestrationRuntimeStatus.Terminated,
  OrchestrationRuntimeStatus.Canceled,
];

export function durable(client: DurableClient): Durable {
  return {
    async start(orchestrator, instanceId, input) {
      await client.startNew(orchestrator, { instanceId, input });
    },

    async status(instanceId) {
      try {
        const { runtimeStatus } = await client.getStatus(instanceId);
        return ended.includes(runtimeStatus) ? 'ended' : 'running';
      } catch (error) {
        if (says(error, 'HTTP 404')) return 'absent';
        throw error;
      }
    },

    async raise(instanceId, event, data) {
      try {
        await client.raiseEvent(instanceId, event, data);
        return true;
      } catch (error) {
        if (says(error, 'No instance with ID')) return false;
        throw error;
      }
    },

    acquire: (pool, request) => client.signalEntity(new EntityId(LEASES, pool), 'acquire', request),
    release: (pool, request) => client.signalEntity(new EntityId(LEASES, pool), 'release', request),

    async leases(pool) {
      const { entityExists, entityState } = await client.readEntityState<LeaseState>(new EntityId(LEASES, pool));
      return entityExists ? entityState : undefined;
    },
  };
}

/** The client (3.5) gives no codes: its messages are all there is. */
function says(error: unknown, words: string): boolean {
  return error instanceof Error && error.message.includes(words);
}
