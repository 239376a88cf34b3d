import type { Hub } from './context.ts';
import { EventType, historyEvent, type HistoryEvent } from './history.ts';
import { printTurn } from './historyRows.ts';

const FAILURES: number[] = [EventType.TaskFailed, EventType.SubOrchestrationInstanceFailed];

/**
 * Takes back what failed, as the Azure Storage provider does: the failures, the calls of the activities that failed, and
 * the end become events that replays ignore; sub-orchestrations that failed are rewound in turn. To be called inside a
 * transaction.
 * @returns the deepest instances that failed: these go on, and their parents when they hear of their ends
 */
export function rewind(hub: Hub, instanceId: string, reason: string): string[] {
  const { store } = hub;
  const instance = store.instance(instanceId)!;
  const isOwn = (id: string) => store.instance(id)?.parent?.instanceId === instanceId;
  const { events, children } = rewound(store.history(instanceId), isOwn);
  store.clearHistory(instanceId);
  store.appendTurn(instanceId, printTurn(events));
  store.putInstance({ ...instance, status: 'Pending', output: null, updatedAt: hub.now() });
  if (children.length > 0) return children.flatMap((child) => rewind(hub, child, reason));
  store.send(instanceId, null, historyEvent(EventType.GenericEvent, hub.iso(), { Data: reason }));
  return [instanceId];
}

/** @param isOwn whether an instance is a sub-orchestration of this one; another's is called again */
export function rewound(
  history: HistoryEvent[],
  isOwn: (instanceId: string) => boolean,
): { events: HistoryEvent[]; children: string[] } {
  const failed = new Set(history.filter((one) => FAILURES.includes(one.EventType)).map((one) => one.TaskScheduledId));
  const children: string[] = [];
  const events = history.map((event): HistoryEvent => {
    const { EventType: type, EventId } = event;
    const isFailedCall = failed.has(EventId);
    if (type === EventType.SubOrchestrationInstanceCreated && isFailedCall && isOwn(event.InstanceId!)) {
      children.push(event.InstanceId!);
      return event;
    }
    const isCall = type === EventType.TaskScheduled || type === EventType.SubOrchestrationInstanceCreated;
    const isEnd = type === EventType.ExecutionCompleted || FAILURES.includes(type);
    return isEnd || (isCall && isFailedCall) ? blank(event) : event;
  });
  return { events, children };
}

function blank({ EventType: type, Timestamp }: HistoryEvent): HistoryEvent {
  const name = Object.entries(EventType).find(([, number]) => number === type)![0];
  return { ...historyEvent(EventType.GenericEvent, Timestamp, { Reason: `Rewound: ${name}` }), IsPlayed: true };
}
