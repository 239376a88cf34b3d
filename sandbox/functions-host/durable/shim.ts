import type { Decision, OrchestratorState } from './actions.ts';
import { EventType, type HistoryEvent } from './history.ts';
import { Replay, ReplayError } from './replay.ts';

/** What running the orchestrator function gave: its state, or the message of an exception outside the SDK's protocol. */
export type FunctionResult = { state: OrchestratorState; stack?: string } | { crash: string; stack?: string };

export type Completion =
  | { status: 'Completed'; output: unknown }
  /** `reason` and `details` are what a parent gets. */
  | { status: 'Failed'; reason: string; details: string }
  | { status: 'Terminated'; reason: string }
  | { status: 'ContinuedAsNew'; input: unknown; carriedOver: HistoryEvent[] };

export interface Outcome {
  /** New decisions, in the order of their ids. */
  decisions: Decision[];
  completion?: Completion;
  suspended: boolean;
  /** To replace the instance's custom status; undefined: leave it. */
  customStatus?: unknown;
}

const LABEL = '\n\n$OutOfProcData$:';
const MAX_CUSTOM_STATUS_BYTES = 16 * 1024;

/** Reads what an orchestrator function threw: the SDK hides the state behind a label in the message. */
export function failureResult(error: unknown): FunctionResult {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  const at = message.indexOf(LABEL);
  const more = stack === undefined ? {} : { stack };
  if (at < 0) return { crash: message, ...more };
  return { state: JSON.parse(message.slice(at + LABEL.length)) as OrchestratorState, ...more };
}

/**
 * One turn's decisions, as the Durable extension would take them from the whole history (this turn's events included)
 * and what the orchestrator function returned for it.
 */
export function decide(
  instance: { name: string; instanceId: string; executionId: string },
  history: HistoryEvent[],
  result: FunctionResult,
): Outcome {
  const fail = (error: string, details: string): Completion => ({
    status: 'Failed',
    reason: `Orchestrator function '${instance.name}' failed: ${error}`,
    details,
  });
  const replay = new Replay('state' in result ? result.state.actions.flat() : [], instance);
  if ('crash' in result) {
    const completion =
      terminated(history.find((event) => event.EventType === EventType.ExecutionTerminated)) ??
      fail(result.crash, `Message: ${result.crash}, StackTrace: ${result.stack ?? ''}`);
    return { decisions: [], completion, suspended: false };
  }
  const { state } = result;
  try {
    checkCustomStatus(state.customStatus);
    for (const event of history) replay.process(event);
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    return { decisions: [], completion: fail(error.message, error.message), suspended: false };
  }
  const status = state.customStatus ? { customStatus: state.customStatus } : {};
  // While suspended nothing is decided: what the coroutine asked for is asked for again at the next turn.
  const decisions = replay.suspended ? [] : [...replay.decisions.values()];
  // The end does not take back what the same turn asked for, before the message or after it: it is carried out.
  const end = terminated(replay.terminated);
  if (end) return { decisions, completion: end, suspended: false, ...status };
  if (replay.suspended) return { decisions, suspended: true, ...status };

  const outcome: Outcome = { decisions, suspended: false, ...status };
  // An open task, a timer that was not cancelled for one, keeps the instance running.
  if (!replay.exhausted || replay.hasOpenTasks) return outcome;
  if (state.error !== undefined) {
    outcome.completion = fail(state.error, `Message: ${state.error}, StackTrace: ${result.stack ?? ''}`);
  } else if (replay.continueAsNew) {
    const { input } = replay.continueAsNew;
    outcome.completion = { status: 'ContinuedAsNew', input, carriedOver: replay.carriedOver };
  } else if (state.isDone) {
    outcome.completion = { status: 'Completed', output: state.output };
  }
  return outcome;
}

function terminated(event: HistoryEvent | undefined): Completion | undefined {
  return event && { status: 'Terminated', reason: event.Input ?? '' };
}

function checkCustomStatus(customStatus: unknown): void {
  if (!customStatus) return;
  const size = JSON.stringify(customStatus).length * 2;
  if (size <= MAX_CUSTOM_STATUS_BYTES) return;
  const kilobytes = (size / 1024).toFixed(2);
  throw new ReplayError(
    `The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. The current payload is ${kilobytes} KB.`,
  );
}
