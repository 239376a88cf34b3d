import type { Invoke } from '../app/invoke.ts';
import type { HostJson } from '../hostJson.ts';
import type { Logger } from '../log.ts';
import { createActivityPool } from './activity.ts';
import type { Hub } from './context.ts';
import { createDispatcher } from './dispatcher.ts';
import { entityTurn } from './entity.ts';
import { isEntity } from './entityId.ts';
import type { ReplaySchema } from './extension.ts';
import type { DurableFunctions } from './functions.ts';
import { orchestrationTurns } from './orchestration.ts';
import { openStore } from './store.ts';
import { createTimers } from './timers.ts';

const RECLAIM_EVERY_MS = 1000;

/**
 * Opens the task hub in `file` and takes up whatever was under way: undelivered messages, activities without a result
 * (they run again: at least once), timers. A turn reads its messages, runs the function and then changes everything in
 * one transaction, so a kill between any two instructions loses nothing and does nothing twice but activities.
 */
export function openHub(options: {
  file: string;
  functions: DurableFunctions;
  invoke: Invoke;
  log: Logger;
  settings: HostJson['durableTask'];
  strict: boolean;
  schema: ReplaySchema;
}): Hub {
  const { functions, invoke, log, settings, strict, schema } = options;
  const store = openStore(options.file);
  const hub: Hub = {
    store,
    functions,
    invoke,
    log,
    settings,
    strict,
    schema,
    now: () => Date.now(),
    iso: () => new Date().toISOString(),
    wake(targets, activities = []) {
      for (const target of targets) (isEntity(target) ? entities : orchestrations).poke(target);
      for (const task of activities) pool.add(task);
      timers.arm();
    },
  };
  const orchestrations = createDispatcher(settings.maxConcurrentOrchestratorFunctions, orchestrationTurns(hub), log);
  const entities = createDispatcher(settings.maxConcurrentEntityFunctions, (id) => entityTurn(hub, id), log);
  const pool = createActivityPool(hub);
  const timers = createTimers(hub);
  hub.wake(store.targets(), store.activities());
  setInterval(store.reclaim, RECLAIM_EVERY_MS).unref();
  return hub;
}
