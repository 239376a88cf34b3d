import type { HistoryEvent } from './history.ts';

/** Called once, when what was asked for has ended. A failure is the orchestrator's business, the shim only goes on. */
export type Settle = (event?: HistoryEvent) => void;

/** What an action that is made of others may ask of the replay. */
export interface Tasks {
  /** `currentUtcDateTime` in milliseconds. */
  readonly now: number;
  activity(name: string, input: unknown, done: Settle): void;
  timer(fireAt: number, done: Settle): void;
}
