import type { ReplaySchema } from './durable/extension.ts';
import type { HostKeys } from './keys.ts';

/** How the host's process is told what to do: JSON in its first argument. */
export interface HostStart {
  directory: string;
  stateDir: string;
  logFile: string;
  /** 0: any free one. */
  port: number;
  /** Whether Durable misuse fails loudly. */
  strict: boolean;
  /** The replay schema that the Durable extension offers. */
  schema: ReplaySchema;
}

/** What it tells its parent, once. */
export type HostMessage = { url: string; keys: HostKeys } | { failed: string };

/** The exit code of a host that wants to be started again. */
export const RESTART = 75;
