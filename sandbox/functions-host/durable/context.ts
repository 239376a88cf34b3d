import type { Invoke } from '../app/invoke.ts';
import type { HostJson } from '../hostJson.ts';
import type { Logger } from '../log.ts';
import type { ReplaySchema } from './extension.ts';
import type { DurableFunctions } from './functions.ts';
import type { ActivityTask, Store } from './store.ts';

/** What the parts of a task hub share. Time is milliseconds, `iso` ISO 8601 UTC of now. */
export interface Hub {
  store: Store;
  functions: DurableFunctions;
  invoke: Invoke;
  log: Logger;
  settings: HostJson['durableTask'];
  /** Fails loudly where Azure goes wrong silently. */
  strict: boolean;
  /** The newest replay schema that the mirrored extension offers. */
  schema: ReplaySchema;
  now(): number;
  iso(): string;
  /** Calls after a commit: these have new messages, these activities are due, a timer may be the next one. */
  wake(targets: Iterable<string>, activities?: ActivityTask[]): void;
}
