/** Numbers of DurableTask.Core's event types, as durable-functions reads them. */
export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationInstanceCreated: 7,
  SubOrchestrationInstanceCompleted: 8,
  SubOrchestrationInstanceFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventSent: 14,
  EventRaised: 15,
  ContinueAsNew: 16,
  GenericEvent: 17,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

export type EventTypeNumber = (typeof EventType)[keyof typeof EventType];

/** One event of a history. Which of the optional fields are there depends on the type (facts: DurableTask.Core). */
export interface HistoryEvent {
  EventType: EventTypeNumber;
  /** Sequence id for what the orchestrator scheduled, else -1. */
  EventId: number;
  IsPlayed: boolean;
  /** ISO 8601 UTC. */
  Timestamp: string;
  Name?: string;
  Version?: string | null;
  /** JSON text. */
  Input?: string | null;
  /** JSON text. */
  Result?: string | null;
  Reason?: string;
  Data?: string;
  Details?: string | null;
  TaskScheduledId?: number;
  TimerId?: number;
  FireAt?: string;
  InstanceId?: string;
  OrchestrationInstance?: { InstanceId: string; ExecutionId: string };
  ParentInstance?: {
    Name: string;
    TaskScheduleId: number;
    OrchestrationInstance: { InstanceId: string; ExecutionId: string };
  } | null;
  OrchestrationStatus?: string;
}

/** A new event; `fields` are the type's own. */
export function historyEvent(
  type: EventTypeNumber,
  timestamp: string,
  fields: Partial<HistoryEvent> = {},
): HistoryEvent {
  return { EventType: type, EventId: -1, IsPlayed: false, Timestamp: timestamp, ...fields };
}
