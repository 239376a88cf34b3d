import { apiQuery } from './apiQuery.ts';
import type { ApiReply } from './apiTypes.ts';
import type { Hub } from './context.ts';
import { EventType, type HistoryEvent } from './history.ts';
import { hasEnded } from './instances.ts';
import { parseJson } from './parseJson.ts';
import type { Instance } from './store.ts';

const EVENT_NAMES = new Map<number, string>(Object.entries(EventType).map(([name, number]) => [number, name]));

/** Calls and what ended them. */
const ENDS = new Map<number, number>([
  [EventType.TaskCompleted, EventType.TaskScheduled],
  [EventType.TaskFailed, EventType.TaskScheduled],
  [EventType.SubOrchestrationInstanceCompleted, EventType.SubOrchestrationInstanceCreated],
  [EventType.SubOrchestrationInstanceFailed, EventType.SubOrchestrationInstanceCreated],
]);

/** The answer to a status query at `url`, whose parameters say what is in it. */
export function statusReply(hub: Hub, instance: Instance, url: URL): ApiReply & { body: ReturnType<typeof statusOf> } {
  const query = apiQuery(url);
  const showInput = query.flag('showInput', true);
  const showOutput = query.flag('showHistoryOutput', false);
  const withHistory = query.flag('showHistory', false) && instance.status !== 'Pending';
  const body = {
    ...statusOf(instance, { showInput }),
    ...(withHistory
      ? { historyEvents: shownHistory(hub.store.history(instance.instanceId), showInput, showOutput) }
      : {}),
  };
  if (!hasEnded(instance)) return { status: 202, body, headers: { Location: url.href, 'Retry-After': '5' } };
  const isError = instance.status === 'Failed' && query.flag('returnInternalServerErrorOnFailure', false);
  return { status: isError ? 500 : 200, body };
}

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
 * `historyEvents` of a status query, as the extension makes them: calls are folded into what ended them, turns are left
 * out, and so is what only replays need.
 */
function shownHistory(history: HistoryEvent[], showInput: boolean, showOutput: boolean): Record<string, unknown>[] {
  const calls = new Map<string, HistoryEvent>();
  for (const event of history) calls.set(`${event.EventType} ${event.EventId}`, event);
  const callOf = (event: HistoryEvent) => calls.get(`${ENDS.get(event.EventType)} ${event.TaskScheduledId}`);
  const folded = new Set(history.map(callOf));
  const isTurn = ({ EventType: type }: HistoryEvent) =>
    type === EventType.OrchestratorStarted || type === EventType.OrchestratorCompleted;
  return history
    .filter((event) => !isTurn(event) && !folded.has(event))
    .map((event) => shownEvent(event, callOf(event), showInput, showOutput));
}

function shownEvent(event: HistoryEvent, call: HistoryEvent | undefined, showInput: boolean, showOutput: boolean) {
  const { EventType: type, EventId: _, IsPlayed: __, TaskScheduledId: ___, TimerId: ____, ...rest } = event;
  const { Name, Version: _v, Input, Result, OrchestrationInstance: _o, ParentInstance: _p, ...fields } = rest;
  const isStart = type === EventType.ExecutionStarted;
  return {
    EventType: EVENT_NAMES.get(type),
    ...fields,
    ...(Name === undefined ? {} : isStart ? { FunctionName: Name } : { Name }),
    ...(call ? { ScheduledTime: call.Timestamp, FunctionName: call.Name } : {}),
    ...(showOutput && Result !== undefined ? { Result: parsed(Result) } : {}),
    ...(showInput && Input !== undefined ? { Input } : {}),
  };
}

/** Parsed JSON; what is none, is itself. */
function parsed(text: string | null): unknown {
  if (text === null) return null;
  const json = parseJson(text);
  return json ? json.value : text;
}

function wholeSeconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
