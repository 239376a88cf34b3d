import { StateError } from '../../sandbox/core/state.ts';
import { ScenarioError } from '../../sandbox/scenario/read.ts';

/** Ends the process with exit code 2 when a scenario or a state folder is wrong; passes any other error on. */
export function wrongInput(error: unknown): never {
  if (!(error instanceof StateError || error instanceof ScenarioError)) throw error;
  console.error(error.message);
  process.exit(2);
}
