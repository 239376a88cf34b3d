import type { Decision } from './actions.ts';
import type { Hub } from './context.ts';
import { sendToEntity } from './entityMail.ts';
import { EventType, historyEvent } from './history.ts';
import { begin, createInstance, InstanceExistsError, newId } from './instances.ts';
import { logFinding, reportLarge } from './logFinding.ts';
import { json, outputOf } from './newEvents.ts';
import type { Completion } from './shim.ts';
import type { ActivityTask, Instance } from './store.ts';
import { traps } from './traps.ts';

/** What a commit leaves to be done after it. */
export interface Aftermath {
  woken: Set<string>;
  activities: ActivityTask[];
}

/** Makes a decision true in the store. What cannot be done fails the task at once. */
export function carryOut(hub: Hub, instance: Instance, decision: Decision, after: Aftermath): void {
  const { store } = hub;
  const { instanceId, executionId } = instance;
  switch (decision.kind) {
    case 'activity': {
      const task = { instanceId, executionId, taskId: decision.id, name: decision.name, input: json(decision.input) };
      reportLarge(hub, instance, `The input of '${task.name}'`, task.input);
      after.activities.push({ ...task, seq: store.addActivity(task) });
      return;
    }
    case 'orchestration': {
      const { name } = decision;
      const parent = { instanceId, executionId, name: instance.name, taskId: decision.id };
      const input = json(decision.input);
      reportLarge(hub, instance, `The input of '${name}'`, input);
      const child = { instanceId: decision.instanceId, name, input, version: decision.version ?? null, parent };
      try {
        createInstance(hub, child);
      } catch (error) {
        if (!(error instanceof InstanceExistsError)) throw error;
        const reason = `${decision.instanceId}: ${error.message}`;
        hub.log('error', reason, { category: 'Host.Durable', function: instance.name, instanceId });
        const fields = { TaskScheduledId: decision.id, Reason: reason, Details: '' };
        const failed = historyEvent(EventType.SubOrchestrationInstanceFailed, hub.iso(), fields);
        store.send(instanceId, executionId, failed);
        after.woken.add(instanceId);
        return;
      }
      after.woken.add(decision.instanceId);
      return;
    }
    case 'timer':
      return store.addTimer(instanceId, executionId, decision.id, Date.parse(decision.fireAt));
    case 'send':
      sendToEntity(hub, decision.target, decision.message);
      after.woken.add(decision.target);
  }
}

type End = Exclude<Completion, { status: 'ContinuedAsNew' }>;

/** Ends an instance and tells its parent. */
export function complete(hub: Hub, instance: Instance, completion: End, after: Aftermath): void {
  const { store } = hub;
  const output = outputOf(completion);
  reportLarge(hub, instance, 'The output', output);
  store.putInstance({ ...instance, status: completion.status, output });
  store.clearTimers(instance.instanceId);
  store.closeHistory(instance.instanceId);
  const { parent } = instance;
  if (!parent) return;
  if (completion.status === 'Terminated') logFinding(hub, instance, traps.terminatedChild(instance.instanceId));
  const TaskScheduledId = parent.taskId;
  const event =
    completion.status === 'Completed'
      ? historyEvent(EventType.SubOrchestrationInstanceCompleted, hub.iso(), { TaskScheduledId, Result: output })
      : historyEvent(EventType.SubOrchestrationInstanceFailed, hub.iso(), {
          TaskScheduledId,
          Reason: completion.reason,
          // A terminated child gives none, and the SDK cannot make an exception of that: so it is in Azure.
          Details: completion.status === 'Failed' ? completion.details : null,
        });
  store.send(parent.instanceId, parent.executionId, event);
  after.woken.add(parent.instanceId);
}

/** Begins the next generation of an instance. */
export function continueAsNew(
  hub: Hub,
  instance: Instance,
  completion: Extract<Completion, { status: 'ContinuedAsNew' }>,
  after: Aftermath,
): void {
  const { store } = hub;
  const { instanceId } = instance;
  store.clearHistory(instanceId);
  store.clearTimers(instanceId);
  const { input, carriedOver } = completion;
  begin(hub, { ...instance, executionId: newId(), input: json(input), createdAt: hub.now() }, carriedOver);
  after.woken.add(instanceId);
}
