import type { Decision } from './actions.ts';
import { EventType, historyEvent, type HistoryEvent } from './history.ts';
import type { Completion } from './shim.ts';

/** The event that records a decision. */
export function eventOf(decision: Decision, timestamp: string): HistoryEvent {
  const EventId = decision.id;
  switch (decision.kind) {
    case 'activity':
      return historyEvent(EventType.TaskScheduled, timestamp, { EventId, Name: decision.name });
    case 'orchestration': {
      const { name, instanceId } = decision;
      const fields = { EventId, Name: name, InstanceId: instanceId };
      return historyEvent(EventType.SubOrchestrationInstanceCreated, timestamp, fields);
    }
    case 'timer':
      return historyEvent(EventType.TimerCreated, timestamp, { EventId, FireAt: decision.fireAt });
    case 'send': {
      const { target, event, message } = decision;
      const fields = { EventId, InstanceId: target, Name: event, Input: JSON.stringify(message) };
      return historyEvent(EventType.EventSent, timestamp, fields);
    }
  }
}

/** The last event of an execution. */
export function completedEvent(completion: Completion, timestamp: string): HistoryEvent {
  const fields = { OrchestrationStatus: completion.status, Result: outputOf(completion) };
  return historyEvent(EventType.ExecutionCompleted, timestamp, fields);
}

/** What the instance shows as output: JSON text, null for nothing. */
export function outputOf(completion: Completion): string | null {
  if (completion.status === 'Completed') return json(completion.output);
  return completion.status === 'ContinuedAsNew' ? json(completion.input) : json(completion.reason);
}

/** JSON text, null for nothing. */
export function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
