import type { EntityMessage } from './actions.ts';
import type { HistoryEvent } from './history.ts';
import type { Finding } from './traps.ts';

/** Called once, when what was asked for has ended. A failure is the orchestrator's business, the shim only goes on. */
export type Settle = (event?: HistoryEvent) => void;

/** What an action may ask of the replay. Each call but the last three takes the next sequence id. */
export interface Tasks {
  /** `currentUtcDateTime` in milliseconds. */
  readonly now: number;
  activity(name: string, input: unknown, done: Settle): void;
  orchestration(
    call: { name: string; instanceId?: string | undefined; input: unknown; version?: string | undefined },
    done: Settle,
  ): void;
  /** One timer. `isCanceled`: it stays in the history and nothing waits for it. */
  timer(fireAt: number, done: Settle, isCanceled?: boolean): void;
  send(target: string, event: string, message: EntityMessage): void;
  /** A GUID that is the same at each replay, for the request that is sent next. */
  requestId(): string;
  /** Waits for an event; the answer of an entity comes as one, under the request's id. */
  waitFor(name: string, done: Settle): void;
  /** Notes a misuse. */
  report(finding: Finding): void;
}
