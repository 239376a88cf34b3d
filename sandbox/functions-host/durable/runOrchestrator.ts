import type { RegisteredFunction } from '../app/coreModule.ts';
import type { OrchestratorState } from './actions.ts';
import type { Hub } from './context.ts';
import { missingFunction } from './functions.ts';
import type { HistoryEvent } from './history.ts';
import { printTurn } from './historyRows.ts';
import { failureResult, type FunctionResult } from './shim.ts';
import type { Instance } from './store.ts';

/**
 * Runs the orchestrator function over a history.
 * @param past the earlier turns, as the store keeps them
 */
export async function runOrchestrator(
  hub: Hub,
  instance: Instance,
  past: string[],
  fresh: HistoryEvent[],
): Promise<FunctionResult> {
  const fn = hub.functions.find('orchestrationTrigger', instance.name);
  if (!fn) return { crash: missingFunction('orchestrationTrigger', instance.name) };
  const result = await invoke(hub, fn, binding(instance, past, fresh));
  const failure = 'crash' in result ? result.crash : result.state.error;
  const more = { category: 'Host.Durable', function: instance.name, instanceId: instance.instanceId };
  if (failure !== undefined)
    hub.log('error', `Orchestrator function failed: ${failure}`, { ...more, stack: result.stack });
  else if (result.stack !== undefined) {
    hub.log(
      'error',
      'Orchestrator function threw an error without a message: it now waits for ever, as in Azure',
      more,
    );
  }
  return result;
}

async function invoke(hub: Hub, fn: RegisteredFunction, json: string): Promise<FunctionResult> {
  try {
    const value = await hub.invoke(fn, { trigger: { json } });
    if (value?.json === undefined) return { crash: 'The data returned by the function was not valid JSON' };
    return { state: JSON.parse(value.json) as OrchestratorState };
  } catch (error) {
    return failureResult(error);
  }
}

/** The value of the orchestration trigger. Offers replay schema V3: what today's extension bundles have. */
function binding(instance: Instance, past: string[], fresh: HistoryEvent[]): string {
  const fields = JSON.stringify({
    instanceId: instance.instanceId,
    isReplaying: past.length > 0,
    parentInstanceId: instance.parent?.instanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 2,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
  const history = [...past, printTurn(fresh)].join(',');
  return `{"history":[${history}],"input":${instance.input ?? 'null'},${fields.slice(1)}`;
}
