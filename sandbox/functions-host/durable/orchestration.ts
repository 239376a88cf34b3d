import { carryOut, complete, continueAsNew, type Aftermath } from './commit.ts';
import type { Hub } from './context.ts';
import { EventType, historyEvent, type HistoryEvent } from './history.ts';
import { createHistoryCache } from './historyCache.ts';
import { printTurn } from './historyRows.ts';
import { hasEnded } from './instances.ts';
import { logFinding } from './logFinding.ts';
import { completedEvent, eventOf } from './newEvents.ts';
import { runOrchestrator } from './runOrchestrator.ts';
import { decide } from './shim.ts';
import type { Instance } from './store.ts';

/** How many messages one turn takes in. */
const MESSAGES_PER_TURN = 1000;

/** @returns the function that runs one turn of an instance: reads its messages, decides, commits */
export function orchestrationTurns(hub: Hub): (instanceId: string) => Promise<void> {
  const { store } = hub;
  const cache = createHistoryCache(store.turns);

  return async (id) => {
    const messages = store.messages(id, MESSAGES_PER_TURN);
    const upTo = messages.at(-1)?.seq;
    if (upTo === undefined) return;
    const instance = store.instance(id);
    const accepted =
      instance && !hasEnded(instance)
        ? messages.filter((one) => one.executionId === null || one.executionId === instance.executionId)
        : [];
    if (!instance || accepted.length === 0) {
      // Late messages to what has ended or begun anew are dropped, as in Azure.
      store.deleteMessages(id, upTo);
      if (messages.length === MESSAGES_PER_TURN) hub.wake([id]);
      return;
    }
    const past = cache.get(id, instance.executionId);
    const arrived = accepted.map((message) => JSON.parse(message.body) as HistoryEvent);
    const fresh = [historyEvent(EventType.OrchestratorStarted, hub.iso()), ...arrived];

    const result = await runOrchestrator(hub, instance, past.turns, fresh);
    const rules = { missing: hub.functions.missing, strict: hub.strict };
    const outcome = decide(instance, [...past.events, ...fresh], result, rules);
    for (const finding of outcome.findings) logFinding(hub, instance, finding);

    const timestamp = hub.iso();
    const turn = [...fresh, ...outcome.decisions.map((decision) => eventOf(decision, timestamp))];
    if (outcome.completion) turn.push(completedEvent(outcome.completion, timestamp));
    turn.push(historyEvent(EventType.OrchestratorCompleted, timestamp));
    const played = turn.map((event) => ({ ...event, IsPlayed: true }));
    const text = printTurn(played);

    const after = await store.commit((): Aftermath | undefined => {
      // Purged, or purged and started again, while the function ran.
      if (store.instance(id)?.executionId !== instance.executionId) return undefined;
      const todo: Aftermath = { woken: new Set(messages.length === MESSAGES_PER_TURN ? [id] : []), activities: [] };
      store.deleteMessages(id, upTo);
      for (const decision of outcome.decisions) carryOut(hub, instance, decision, todo);
      const next: Instance = {
        ...instance,
        updatedAt: hub.now(),
        status: outcome.suspended ? 'Suspended' : 'Running',
        ...(outcome.customStatus === undefined ? {} : { customStatus: JSON.stringify(outcome.customStatus) }),
      };
      if (outcome.completion?.status === 'ContinuedAsNew') {
        continueAsNew(hub, next, outcome.completion, todo);
        return todo;
      }
      store.appendTurn(id, text);
      if (outcome.completion) complete(hub, next, outcome.completion, todo);
      else store.putInstance(next);
      return todo;
    });
    if (after && !outcome.completion) cache.keep(id, past, played, text);
    else cache.drop(id);
    // Gone: whatever came for the new instance of that id has poked it.
    if (after) hub.wake(after.woken, after.activities);
  };
}
