import type { RegisteredFunction } from '../app/coreModule.ts';
import type { OrchestratorState } from './actions.ts';
import type { Hub } from './context.ts';
import type { ReplaySchema } from './extension.ts';
import type { HistoryEvent } from './history.ts';
import { logFinding } from './logFinding.ts';
import { printTurn } from './historyRows.ts';
import { failureResult, type FunctionResult } from './shim.ts';
import type { Instance } from './store.ts';
import { reyielded, timestampInInput } from './strict.ts';
import type { Finding } from './traps.ts';

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
  if (!fn) return { crash: hub.functions.missing('orchestrationTrigger', instance.name)! };
  const misuse = past.length === 0 ? timestampInInput(instance.input) : undefined;
  if (misuse) logFinding(hub, instance, misuse);
  const result: FunctionResult =
    misuse && hub.strict
      ? { crash: misuse.message }
      : await invoke(hub, instance, fn, binding(instance, past, fresh, hub.schema));
  const failure = 'crash' in result ? result.crash : result.state.error;
  const more = { category: 'Host.Durable', function: instance.name, instanceId: instance.instanceId };
  if (failure !== undefined)
    hub.log('error', `Orchestrator function failed: ${failure}`, { ...more, stack: result.stack });
  return result;
}

async function invoke(hub: Hub, instance: Instance, fn: RegisteredFunction, json: string): Promise<FunctionResult> {
  let misuse: Finding | undefined;
  // A look at every action at every turn: only where it is asked for.
  const inspect = hub.strict ? { inspect: (result: unknown) => void (misuse = reyielded(result)) } : {};
  try {
    const value = await hub.invoke(fn, { trigger: { json }, ...inspect });
    if (misuse) {
      logFinding(hub, instance, misuse);
      return { crash: misuse.message };
    }
    if (value?.json === undefined) return { crash: 'The data returned by the function was not valid JSON' };
    return { state: JSON.parse(value.json) as OrchestratorState };
  } catch (error) {
    return failureResult(error);
  }
}

/** The value of the orchestration trigger. */
function binding(instance: Instance, past: string[], fresh: HistoryEvent[], schema: ReplaySchema): string {
  const fields = JSON.stringify({
    instanceId: instance.instanceId,
    isReplaying: past.length > 0,
    parentInstanceId: instance.parent?.instanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: schema,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
  const history = [...past, printTurn(fresh)].join(',');
  return `{"history":[${history}],"input":${instance.input ?? 'null'},${fields.slice(1)}`;
}
