import { EventType, type HistoryEvent } from './history.ts';
import type { Instance } from './store.ts';

const EVENT_NAMES = new Map<number, string>(Object.entries(EventType).map(([name, number]) => [number, name]));

/** The body of a status query. Values that are absent are null, never undefined: the client insists. */
export function statusOf(instance: Instance, options: { showInput: boolean }) {
  return {
    name: instance.name,
    instanceId: instance.instanceId,
    runtimeStatus: instance.status,
    input: options.showInput ? parsed(instance.input) : null,
    customStatus: parsed(instance.customStatus),
    output: parsed(instance.output),
    createdTime: wholeSeconds(instance.createdAt),
    lastUpdatedTime: wholeSeconds(instance.updatedAt),
  };
}

/**
 * `historyEvents` of a status query: what was scheduled is folded into what ended it, bookkeeping is left out, as the
 * extension does.
 */
export function historyEventsOf(history: HistoryEvent[], showOutput: boolean): Record<string, unknown>[] {
  const scheduled = new Map<number, HistoryEvent>();
  const shown: Record<string, unknown>[] = [];
  for (const event of history) {
    switch (event.EventType) {
      case EventType.TaskScheduled:
      case EventType.SubOrchestrationInstanceCreated:
      case EventType.TimerCreated:
      case EventType.EventSent:
        scheduled.set(event.EventId, event);
        break;
      case EventType.OrchestratorStarted:
      case EventType.OrchestratorCompleted:
        break;
      default:
        shown.push(shownEvent(event, scheduled.get(event.TaskScheduledId ?? event.TimerId ?? -1), showOutput));
    }
  }
  return shown;
}

function shownEvent(event: HistoryEvent, cause: HistoryEvent | undefined, showOutput: boolean) {
  const { EventType: type, Timestamp, Name, Input, Result, Reason, Details, FireAt, OrchestrationStatus } = event;
  const name = type === EventType.ExecutionStarted ? { FunctionName: Name } : Name === undefined ? {} : { Name };
  return {
    EventType: EVENT_NAMES.get(type),
    Timestamp,
    ...name,
    ...(cause ? { ScheduledTime: cause.Timestamp, ...(cause.Name ? { FunctionName: cause.Name } : {}) } : {}),
    ...(OrchestrationStatus === undefined ? {} : { OrchestrationStatus }),
    ...(FireAt === undefined ? {} : { FireAt }),
    ...(Reason === undefined ? {} : { Reason, Details }),
    ...(showOutput && Result !== undefined ? { Result: parsed(Result) } : {}),
    ...(showOutput && Input !== undefined ? { Input: textOrParsed(Input) } : {}),
  };
}

function parsed(json: string | null): unknown {
  return json === null ? null : (JSON.parse(json) as unknown);
}

/** Reasons of terminate, suspend and resume stand in `Input` as plain text. */
function textOrParsed(input: string | null): unknown {
  try {
    return parsed(input);
  } catch {
    return input;
  }
}

function wholeSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
