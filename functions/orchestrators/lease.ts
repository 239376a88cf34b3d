import { EntityId, type OrchestrationContext } from 'durable-functions';
import { LEASES, type AcquireRequest, type Grant, type Pool } from '../../model/leases.ts';
import { LEASE_TRIES, timing } from '../../model/timing.ts';
import { sleep, type Steps } from './steps.ts';

export interface LeaseRequest {
  pool: Pool;
  owner: string;
}

/** Holds what is taken of a pool while `body` runs; waits for it as long as it takes. `members` as {@link Grant} has them. */
export function* withLease<T>(
  context: OrchestrationContext,
  request: LeaseRequest,
  body: (members: string[]) => Steps<T>,
): Steps<T> {
  try {
    const { members } = yield* ask(context, request, true);
    return yield* body(members ?? (yield* waited(context, request)));
  } finally {
    yield* releaseLease(context, request);
  }
}

/** Asks once, without a place in the queue. Asking again gives what is held already. */
export function tryLease(context: OrchestrationContext, request: LeaseRequest): Steps<Grant> {
  return ask(context, request, false);
}

function* ask(context: OrchestrationContext, { pool, owner }: LeaseRequest, wait: boolean): Steps<Grant> {
  const { key, takes } = pool;
  const at = context.df.currentUtcDateTime.toISOString();
  const request: AcquireRequest = { owner, takes, wait, at };
  return (yield context.df.callEntity(new EntityId(LEASES, key), 'acquire', request)) as Grant;
}

export function* releaseLease(context: OrchestrationContext, { pool, owner }: LeaseRequest): Steps<void> {
  yield context.df.callEntity(new EntityId(LEASES, pool.key), 'release', { owner });
}

function* waited(context: OrchestrationContext, request: LeaseRequest): Steps<string[]> {
  return (yield context.df.callSubOrchestrator('awaitLease', request, `${request.owner}-lease`)) as string[];
}

/** Asks for a lease every few seconds until it is given. An orchestration of its own, so that its history stays short. */
export function* awaitLease(context: OrchestrationContext): Steps<string[] | undefined> {
  const request = context.df.getInput<LeaseRequest>();
  for (let tries = 0; tries < LEASE_TRIES; tries++) {
    yield* sleep(context, timing.lease);
    const { members } = yield* ask(context, request, true);
    if (members !== null) return members;
  }
  context.df.continueAsNew(request);
  return undefined;
}
