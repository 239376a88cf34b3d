import type { Decision, OrchestratorState } from './actions.ts';
import { EventType, type HistoryEvent } from './history.ts';
import { Replay, type Replayed } from './replay.ts';
import { ReplayError } from './runActions.ts';
import { traps, type Finding } from './traps.ts';

/**
 * What running the orchestrator function gave: its state, returned or thrown, or the message of an exception outside the
 * SDK's protocol.
 */
export type FunctionResult =
  { state: OrchestratorState; threw?: true; stack?: string } | { crash: string; stack?: string };

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
  /** Misuses that this turn has brought to light. */
  findings: Finding[];
}

/** How an instance is decided upon. */
export interface Rules {
  missing: Replayed['missing'];
  /** Fails an instance at the first misuse, where Azure goes wrong silently. */
  strict: boolean;
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
  return { state: JSON.parse(message.slice(at + LABEL.length)) as OrchestratorState, threw: true, ...more };
}

/**
 * One turn's decisions, as the Durable extension would take them from the whole history (this turn's events included)
 * and what the orchestrator function returned for it.
 */
export function decide(
  instance: { name: string; instanceId: string; executionId: string; parent?: { instanceId: string } | null },
  history: HistoryEvent[],
  result: FunctionResult,
  rules: Rules,
): Outcome {
  const fail = (error: string, details: string): Completion => ({
    status: 'Failed',
    reason: `Orchestrator function '${instance.name}' failed: ${error}`,
    details,
  });
  const failure = (error: string) => fail(error, `Message: ${error}, StackTrace: ${result.stack ?? ''}`);
  const none = { decisions: [], suspended: false, findings: [] };
  if ('crash' in result) {
    const end = terminated(history.find((event) => event.EventType === EventType.ExecutionTerminated));
    return { ...none, completion: end ?? failure(result.crash) };
  }
  const { state } = result;
  const { missing } = rules;
  const replay = new Replay(state.actions.flat(), { ...instance, missing, isDone: state.isDone });
  try {
    checkCustomStatus(state.customStatus);
    for (const event of history) replay.process(event);
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    // The extension's own exceptions end an orchestration under their own words.
    const completion: Completion = { status: 'Failed', reason: error.message, details: error.message };
    return { ...none, findings: locksKept(replay), completion };
  }
  const findings = findingsOf(replay, result);
  const outcome: Outcome = {
    // While suspended nothing is decided: what the coroutine asked for is asked for again at the next turn.
    decisions: replay.suspended ? [] : [...replay.decisions.values()],
    suspended: false,
    findings,
    ...(state.customStatus ? { customStatus: state.customStatus } : {}),
  };
  // The end does not take back what the same turn asked for, before the message or after it: it is carried out.
  const end = terminated(replay.terminated);
  if (end) return { ...outcome, findings: [...findings, ...locksKept(replay)], completion: end };
  if (replay.suspended) return { ...outcome, suspended: true };
  const misuse = rules.strict ? findings.find((one) => one.isFatal) : undefined;
  const completion = misuse ? fail(misuse.message, misuse.message) : completionOf(replay, state, failure);
  if (!completion) return outcome;
  // Of what failed in strict mode nothing is carried out.
  return { ...(misuse ? none : outcome), findings: [...findings, ...locksKept(replay)], completion };
}

/** An open task, a timer that was not cancelled for one, keeps the instance running. */
function completionOf(
  replay: Replay,
  state: OrchestratorState,
  failure: (error: string) => Completion,
): Completion | undefined {
  if (!replay.exhausted || replay.openTasks > 0) return undefined;
  if (state.error) return failure(state.error);
  if (replay.continueAsNew) {
    const { input } = replay.continueAsNew;
    return { status: 'ContinuedAsNew', input, carriedOver: replay.carriedOver };
  }
  return state.isDone ? { status: 'Completed', output: state.output } : undefined;
}

/** What has ended well has released its locks. */
function locksKept({ section }: Replay): Finding[] {
  const held = section?.held ?? [];
  return held.length > 0 ? [traps.lockKept(held)] : [];
}

function findingsOf(replay: Replay, { state, threw }: { state: OrchestratorState; threw?: true }): Finding[] {
  const findings = [...replay.findings];
  if (replay.suspended || !replay.exhausted) return findings;
  const hasEnded = state.isDone || Boolean(state.error);
  if (!hasEnded && threw) findings.push(traps.noMessage());
  else if (!hasEnded && replay.openTasks === 0 && !replay.waitsForEvents) findings.push(traps.stuck());
  if (!hasEnded || !replay.exhaustedNow) return findings;
  if (replay.openTasks > 0) findings.push(traps.openAtTheEnd(replay.openTasks));
  return findings;
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
