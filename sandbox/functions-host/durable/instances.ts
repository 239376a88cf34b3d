import { randomUUID } from 'node:crypto';
import type { Hub } from './context.ts';
import { EventType, historyEvent, type HistoryEvent } from './history.ts';
import type { Instance, Parent } from './store.ts';

/** The instance exists and has not ended. */
export class InstanceExistsError extends Error {}

/** A GUID as the extension writes ids: 32 hexadecimal digits. */
export function newId(): string {
  return randomUUID().replaceAll('-', '');
}

/**
 * Writes a new instance and its first message; to be called inside a transaction. An ended instance of the same id is
 * replaced.
 * @param start `input` is JSON text; `overridesRunning` replaces also an instance that has not ended
 * @throws InstanceExistsError
 */
export function createInstance(
  hub: Hub,
  start: {
    instanceId: string;
    name: string;
    input: string | null;
    version: string | null;
    parent: Parent | null;
    overridesRunning?: boolean;
  },
): void {
  const existing = hub.store.instance(start.instanceId);
  if (existing && !hasEnded(existing) && !start.overridesRunning) {
    throw new InstanceExistsError(`An Orchestration instance with the status ${existing.status} already exists.`);
  }
  if (existing) hub.store.deleteInstance(start.instanceId);
  const { instanceId, name, input, version, parent } = start;
  begin(hub, {
    instanceId,
    name,
    input,
    version,
    parent,
    executionId: newId(),
    status: 'Pending',
    output: null,
    customStatus: null,
    createdAt: hub.now(),
    updatedAt: hub.now(),
  });
}

/**
 * Stores an instance at the start of an execution, with the message that starts it.
 * @param carriedOver events that the last execution leaves to this one: they came before all that wait
 */
export function begin(hub: Hub, instance: Instance, carriedOver: HistoryEvent[] = []): void {
  const { instanceId, executionId, parent } = instance;
  hub.store.putInstance(instance);
  const started = historyEvent(EventType.ExecutionStarted, hub.iso(), {
    Name: instance.name,
    Version: instance.version,
    Input: instance.input,
    OrchestrationInstance: { InstanceId: instanceId, ExecutionId: executionId },
    ParentInstance: parent && {
      Name: parent.name,
      TaskScheduleId: parent.taskId,
      OrchestrationInstance: { InstanceId: parent.instanceId, ExecutionId: parent.executionId },
    },
  });
  const events = carriedOver.map((body) => ({ executionId: null, body }));
  hub.store.sendFirst(instanceId, [{ executionId, body: started }, ...events]);
}

export function hasEnded(instance: Instance): boolean {
  return instance.status === 'Completed' || instance.status === 'Failed' || instance.status === 'Terminated';
}
