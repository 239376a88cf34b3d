import type { EntityLockRequest, EntityMessage, EntityRelease, EntityRequest } from './actions.ts';
import type { Hub } from './context.ts';

/** A message in an entity's inbox. */
export interface Mail<Body = EntityMessage> {
  seq: number;
  body: Body;
}

/** What an entity does next. */
export interface Plan {
  /** To be run, in this order. */
  operations: Mail<EntityRequest>[];
  /** To be granted after them. */
  lock: Mail<EntityLockRequest> | undefined;
  /** Who holds the lock before that. */
  owner: string | undefined;
  /** Read and of no more use: releases. */
  releases: Mail<EntityRelease>[];
}

/**
 * Takes from an inbox what may run now: while the entity is locked its holder's operations only, which overtake others;
 * a lock request ends the batch.
 */
export function plan(owner: string | undefined, inbox: Mail[], limit: number): Plan {
  const releases: Mail<EntityRelease>[] = [];
  const ofHolder: Mail<EntityRequest | EntityLockRequest>[] = [];
  const others: Mail<EntityRequest | EntityLockRequest>[] = [];
  for (const { seq, body } of inbox) {
    if (!('op' in body)) {
      releases.push({ seq, body });
      if (body.parent === owner) owner = undefined;
    } else if (owner !== undefined && body.parent === owner) ofHolder.push({ seq, body });
    else others.push({ seq, body });
  }
  const operations: Mail<EntityRequest>[] = [];
  for (const { seq, body } of [...ofHolder, ...others]) {
    if (operations.length === limit || (owner !== undefined && body.parent !== owner)) break;
    if (body.op === null) return { operations, lock: { seq, body }, owner, releases };
    operations.push({ seq, body });
  }
  return { operations, lock: undefined, owner, releases };
}

/** Sends a message to an entity, at once or when it is due; to be called inside a transaction. */
export function sendToEntity({ store }: Hub, target: string, message: EntityMessage): void {
  if ('due' in message && message.due) store.schedule(target, Date.parse(message.due), message);
  else store.send(target, null, message);
}
