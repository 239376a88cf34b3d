import type { TypedData } from '../app/coreModule.ts';
import { activityFailure } from './failure.ts';
import { EventType, historyEvent, type HistoryEvent } from './history.ts';
import { runHttpActivity } from './httpActivity.ts';
import { HTTP_ACTIVITY } from './httpCall.ts';
import type { Hub } from './context.ts';
import { reportLarge } from './logFinding.ts';
import type { ActivityTask } from './store.ts';

const RETRY_AFTER_ERROR_MS = 1000;

/** Runs activities, as many at once as host.json says. The result and the end of the task are one commit. */
export function createActivityPool(hub: Hub): { add(task: ActivityTask): void } {
  const { store, log } = hub;
  const waiting = new Set<ActivityTask>();
  let running = 0;

  const execute = async (task: ActivityTask) => {
    const event = await outcome(hub, task);
    const known = await store.commit(() => {
      // Gone: the instance was purged meanwhile.
      if (!store.deleteActivity(task.seq)) return false;
      store.send(task.instanceId, task.executionId, event);
      return true;
    });
    if (known) hub.wake([task.instanceId]);
  };
  const pump = () => {
    for (const task of waiting) {
      if (running >= hub.settings.maxConcurrentActivityFunctions) return;
      waiting.delete(task);
      running++;
      execute(task)
        .catch((error: Error) => {
          // Not the app's error, that is a result: the host's own. The task is still in the store, and runs again.
          log('critical', `Activity ${task.name} lost its result: ${error.stack}`, { category: 'Host.Durable' });
          setTimeout(add, RETRY_AFTER_ERROR_MS, task).unref();
        })
        .finally(() => {
          running--;
          pump();
        });
    }
  };
  const add = (task: ActivityTask) => {
    waiting.add(task);
    setImmediate(pump);
  };
  return { add };
}

async function outcome(hub: Hub, task: ActivityTask): Promise<HistoryEvent> {
  const TaskScheduledId = task.taskId;
  try {
    const Result = await run(hub, task);
    reportLarge(hub, task, `The result of '${task.name}'`, Result);
    return historyEvent(EventType.TaskCompleted, hub.iso(), { TaskScheduledId, Result });
  } catch (error) {
    const failure = activityFailure(task.name, error);
    hub.log('error', failure.Reason, {
      category: 'Host.Durable',
      function: task.name,
      instanceId: task.instanceId,
      stack: error instanceof Error ? error.stack : undefined,
    });
    return historyEvent(EventType.TaskFailed, hub.iso(), { TaskScheduledId, ...failure });
  }
}

/** @returns JSON text, null for nothing */
async function run(hub: Hub, task: ActivityTask): Promise<string | null> {
  const input: unknown = task.input === null ? undefined : JSON.parse(task.input);
  if (task.name === HTTP_ACTIVITY) {
    return JSON.stringify(await runHttpActivity(input as Parameters<typeof runHttpActivity>[0]));
  }
  const fn = hub.functions.find('activityTrigger', task.name);
  // Known when it was scheduled, and not to the app of this start.
  if (!fn) throw new Error(hub.functions.missing('activityTrigger', task.name));
  // On the wire a string goes as it is, all else as JSON text; the library parses what parses.
  const trigger =
    input === undefined || input === null ? null : { string: typeof input === 'string' ? input : task.input! };
  return jsonOf(await hub.invoke(fn, { trigger }));
}

/** A function's return value as the JSON text that the extension stores. */
function jsonOf(value: TypedData | undefined): string | null {
  if (!value) return null;
  if (value.json !== undefined) return value.json;
  if (value.bytes !== undefined) return JSON.stringify(Buffer.from(value.bytes).toString('base64'));
  return JSON.stringify(value.string ?? value.int ?? value.double ?? null);
}
