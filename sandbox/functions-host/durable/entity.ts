import type { EntityLockRequest, EntityRequest } from './actions.ts';
import type { Hub } from './context.ts';
import { entityIdOf, entityTarget } from './entityId.ts';
import { plan, type Mail } from './entityMail.ts';
import { EventType, historyEvent } from './history.ts';
import { logFinding } from './logFinding.ts';
import { traps } from './traps.ts';

/** What an entity function returns for a batch: one result for each operation, in order. */
interface BatchResult {
  entityExists: boolean;
  /** JSON text. */
  entityState?: string;
  results: { isError: boolean; result?: string }[];
  signals: { target: { name: string; key: string }; name: string; input?: string }[];
}

/** Runs an entity's waiting operations as one batch; state, answers, signals and consumed messages are one commit. */
export async function entityTurn(hub: Hub, target: string): Promise<void> {
  const { store } = hub;
  const owner = store.lockOwner(target);
  const limit = hub.settings.maxEntityOperationBatchSize;
  // While it is locked, what may run can be behind any number of messages that may not.
  const messages = store.messages(target, owner === undefined ? limit : -1);
  const inbox = messages.map(({ seq, body }): Mail => ({ seq, body: JSON.parse(body) as Mail['body'] }));
  const { operations, lock, owner: ownerNow, releases } = plan(owner, inbox, limit);
  const taken = [...operations, ...(lock ? [lock] : []), ...releases];
  if (taken.length === 0) return;
  const requests = operations.map((mail) => mail.body);
  const batch = requests.length > 0 ? await runBatch(hub, target, requests) : undefined;
  const now = hub.now();
  const woken = await store.commit(() => {
    const all = new Set([target]);
    if (batch) {
      if (batch.entityExists) store.putEntity({ id: target, state: batch.entityState ?? null, updatedAt: now });
      else store.deleteEntity(target);
      requests.forEach((request, index) => answer(hub, request, batch.results[index]!, all));
      for (const [index, signal] of batch.signals.entries()) {
        const to = entityTarget(signal.target.name, signal.target.key);
        const input = signal.input ? { input: signal.input } : {};
        store.send(to, null, { op: signal.name, signal: true, id: `${taken[0]!.seq}-${index}`, ...input });
        all.add(to);
      }
    }
    if (lock) grant(hub, target, lock.body, all);
    else if (ownerNow !== owner) store.setLockOwner(target, ownerNow);
    if (taken.length === messages.length) store.deleteMessages(target, messages.at(-1)!.seq);
    else for (const { seq } of taken) store.deleteMessage(seq);
    return all;
  });
  hub.wake(woken);
}

/** Sends an operation's result to the orchestration that waits for it. */
function answer(hub: Hub, request: EntityRequest, outcome: BatchResult['results'][number], woken: Set<string>): void {
  if (request.signal || request.parent === undefined) return;
  const { isError, result } = outcome;
  const fields = { ...(result === undefined ? {} : { result }), ...(isError ? { exceptionType: 'Error' } : {}) };
  reply(hub, { ...request, parent: request.parent }, fields, woken);
}

function reply(
  hub: Hub,
  { id, parent, parentExecution }: { id: string; parent: string; parentExecution?: string },
  fields: object,
  woken: Set<string>,
): void {
  const event = historyEvent(EventType.EventRaised, hub.iso(), { Name: id, Input: JSON.stringify(fields) });
  hub.store.send(parent, parentExecution ?? null, event);
  woken.add(parent);
}

/** Locks the entity and passes the request on to the next one, or tells the orchestration that all are locked. */
function grant(hub: Hub, target: string, request: EntityLockRequest, woken: Set<string>): void {
  hub.store.setLockOwner(target, request.parent);
  const pos = request.pos + 1;
  const next = request.lockset[pos];
  if (!next) return reply(hub, request, { result: 'null' }, woken);
  const to = entityTarget(next.name, next.key);
  hub.store.send(to, null, { ...request, pos });
  woken.add(to);
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
  let batch: BatchResult | null;
  try {
    if (!fn) throw new Error(hub.functions.missing('entityTrigger', self.name));
    const value = await hub.invoke(fn, { trigger: { json: JSON.stringify(trigger) } });
    batch = JSON.parse(value?.json ?? 'null') as BatchResult | null;
    if (batch?.results?.length !== requests.length) throw new Error('it returned no result for some operation');
  } catch (error) {
    batch = failAll(`Entity function '${self.name}' failed: ${(error as Error).message}`);
  }
  const where = { name: self.name, instanceId: target };
  const results = batch.results.map(({ isError, result }, index) => {
    if (!isError) return { isError, ...(result === undefined ? {} : { result }) };
    const { op } = requests[index]!;
    const text = `Operation '${op}' of entity ${target} failed: ${result}`;
    hub.log('error', text, { category: 'Host.Durable', function: self.name, instanceId: target });
    if (result === undefined || typeof JSON.parse(result) === 'string')
      return { isError, ...(result ? { result } : {}) };
    const finding = traps.errorObject(op);
    logFinding(hub, where, finding);
    return { isError, result: hub.strict ? JSON.stringify(finding.message) : result };
  });
  return { ...batch, results };
}
