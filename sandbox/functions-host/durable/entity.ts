import type { EntityRequest } from './actions.ts';
import { missingFunction } from './functions.ts';
import { EventType, historyEvent } from './history.ts';
import type { Hub } from './context.ts';

/** What an entity function returns for a batch: one result for each operation, in order. */
interface BatchResult {
  entityExists: boolean;
  /** JSON text. */
  entityState?: string;
  results: { isError: boolean; result?: string }[];
  signals: { target: { name: string; key: string }; name: string; input?: string }[];
}

/** Whether a message's address is an entity's, `@name@key`. */
export function isEntity(target: string): boolean {
  return target.startsWith('@');
}

/** `@name@key` taken apart. The name is lower case. */
export function entityIdOf(target: string): { name: string; key: string } {
  const at = target.indexOf('@', 1);
  return { name: target.slice(1, at), key: target.slice(at + 1) };
}

/** `@name@key`: names are compared in lower case. */
export function entityTarget(name: string, key: string): string {
  return `@${name.toLowerCase()}@${key}`;
}

/** Runs an entity's waiting operations as one batch; state, answers, signals and consumed messages are one commit. */
export async function entityTurn(hub: Hub, target: string): Promise<void> {
  const { store } = hub;
  const messages = store.messages(target, hub.settings.maxEntityOperationBatchSize);
  const last = messages.at(-1);
  if (!last) return;
  const requests = messages.map((message) => JSON.parse(message.body) as EntityRequest);
  const batch = await runBatch(hub, target, requests);
  const now = hub.now();
  const woken = await store.commit(() => {
    const all = new Set([target]);
    if (batch.entityExists) store.putEntity({ id: target, state: batch.entityState ?? null, updatedAt: now });
    else store.deleteEntity(target);
    requests.forEach((request, index) => {
      const { isError, result } = batch.results[index]!;
      if (isError)
        hub.log('error', `Operation '${request.op}' of entity ${target} failed: ${result}`, {
          category: 'Host.Durable',
        });
      if (request.signal || request.parent === undefined) return;
      const answer = { ...(result === undefined ? {} : { result }), ...(isError ? { exceptionType: 'Error' } : {}) };
      const fields = { Name: request.id, Input: JSON.stringify(answer) };
      store.send(
        request.parent,
        request.parentExecution ?? null,
        historyEvent(EventType.EventRaised, hub.iso(), fields),
      );
      all.add(request.parent);
    });
    batch.signals.forEach((signal, index) => {
      const to = entityTarget(signal.target.name, signal.target.key);
      const id = `${last.seq}-${index}`;
      const request: EntityRequest = {
        op: signal.name,
        signal: true,
        id,
        ...(signal.input ? { input: signal.input } : {}),
      };
      store.send(to, null, request);
      all.add(to);
    });
    store.deleteMessages(target, last.seq);
    return all;
  });
  hub.wake(woken);
}

async function runBatch(hub: Hub, target: string, requests: EntityRequest[]): Promise<BatchResult> {
  const self = entityIdOf(target);
  const entity = hub.store.entity(target);
  const before = { entityExists: entity !== undefined, ...(entity?.state ? { entityState: entity.state } : {}) };
  const failAll = (message: string): BatchResult => ({
    ...before,
    results: requests.map(() => ({ isError: true, result: JSON.stringify(message) })),
    signals: [],
  });
  const fn = hub.functions.find('entityTrigger', self.name);
  if (!fn) return failAll(missingFunction('entityTrigger', self.name));
  const trigger = {
    self,
    exists: entity !== undefined,
    state: entity?.state ?? null,
    batch: requests.map((request) => ({
      name: request.op,
      input: request.input ?? null,
      isSignal: request.signal === true,
    })),
  };
  try {
    const value = await hub.invoke(fn, { trigger: { json: JSON.stringify(trigger) } });
    const batch = JSON.parse(value?.json ?? 'null') as BatchResult | null;
    if (batch?.results?.length === requests.length) return batch;
    return failAll(`Entity function '${self.name}' returned no result for some operation`);
  } catch (error) {
    return failAll(`Entity function '${self.name}' failed: ${(error as Error).message}`);
  }
}
