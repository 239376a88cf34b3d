import { EventType, historyEvent } from './history.ts';
import type { Hub } from './context.ts';

/** How long a moved clock may go unnoticed. */
const CHECK_EVERY_MS = 250;

/**
 * Fires durable timers and delivers signals that were sent for later: at their time by the (settable) clock, at most
 * {@link CHECK_EVERY_MS} late after a move.
 */
export function createTimers(hub: Hub): { arm(): void } {
  const { store } = hub;
  let handle: NodeJS.Timeout | undefined;

  const fire = (now: number) => {
    const woken = store.transaction(() => {
      const timers = store.dueTimers(now);
      for (const { instanceId, executionId, taskId, due: at } of timers) {
        const fields = { TimerId: taskId, FireAt: new Date(at).toISOString() };
        store.send(instanceId, executionId, historyEvent(EventType.TimerFired, hub.iso(), fields));
      }
      store.deleteDueTimers(now);
      return new Set([...timers.map((timer) => timer.instanceId), ...store.deliverScheduled(now)]);
    });
    hub.wake(woken);
  };

  const check = () => {
    handle = undefined;
    const next = Math.min(store.nextTimer() ?? Infinity, store.nextScheduled() ?? Infinity);
    if (next === Infinity) return;
    const now = hub.now();
    if (next <= now) fire(now);
    else handle = setTimeout(check, Math.min(next - now, CHECK_EVERY_MS));
  };
  return {
    /** To be called when timers were added or the clock was moved. */
    arm() {
      clearTimeout(handle);
      handle = setTimeout(check, 0);
    },
  };
}
