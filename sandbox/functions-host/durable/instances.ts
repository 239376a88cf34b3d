import { randomUUID } from 'node:crypto';
import type { Hub } from './context.ts';
import { EventType, historyEvent } from './history.ts';
import type { Instance, Parent } from './store.ts';

/** An Azure table's key: 1 KiB of UTF-16. */
const MAX_KEY_LENGTH = 512;

/** The instance exists and has not ended. */
export class InstanceExistsError extends Error {}

/** @returns the extension's words for what is wrong with an instance id, undefined when nothing is */
export function wrongId(id: string): string | undefined {
  if (id.startsWith('@')) return 'Orchestration instance ids must not start with @.';
  if (/[/\\#?\u0000-\u001f\u007f-\u009f]/.test(id)) {
    return 'Orchestration instance ids must not contain /, \\, #, ?, or control characters.';
  }
  return undefined;
}

/** The same for a sub-orchestration's. Only clients are held to 100 characters; what limits here is a table's key. */
export function wrongChildId(id: string, parent: Instance): string | undefined {
  const same = [parent.instanceId, parent.parent?.instanceId].some((one) => one?.toLowerCase() === id.toLowerCase());
  if (same) {
    return 'The instance ID of a sub-orchestration must be different than the instance ID of a parent orchestration.';
  }
  if (id.length > MAX_KEY_LENGTH) return `Instance ids must not be longer than ${MAX_KEY_LENGTH} characters.`;
  return wrongId(id);
}

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

/** Stores an instance at the start of an execution, with the message that starts it. */
export function begin(hub: Hub, instance: Instance): void {
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
  hub.store.send(instanceId, executionId, started);
}

export function hasEnded(instance: Instance): boolean {
  return instance.status === 'Completed' || instance.status === 'Failed' || instance.status === 'Terminated';
}
