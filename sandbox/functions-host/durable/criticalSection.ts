import type { Action, EntityId, EntityRequest } from './actions.ts';
import { entityTarget } from './entityId.ts';
import type { Settle, Tasks } from './tasks.ts';

export type CriticalSection = ReturnType<typeof createCriticalSection>;

/** What an orchestration sends to entities, and the locks that it holds on them. */
export function createCriticalSection(tasks: Tasks, self: { instanceId: string; executionId: string }) {
  const parent = { parent: self.instanceId, parentExecution: self.executionId };
  /** Addresses of the entities that are locked and not in the middle of a call; undefined: no section. */
  let held: string[] | undefined;
  let lockId = '';

  const request = (action: Action, fields: Partial<EntityRequest>): EntityRequest => ({
    op: action.operation!,
    ...(action.input === undefined || action.input === null ? {} : { input: JSON.stringify(action.input) }),
    id: tasks.requestId(),
    ...parent,
    ...fields,
  });

  return {
    call(action: Action, done: Settle): void {
      const target = action.instanceId!;
      const isHeld = held?.includes(target);
      // Not while another call to it is under way, nor outside of the section: fails unseen, as in the extension.
      if (held && !isHeld) return done();
      held = held?.filter((one) => one !== target);
      const message = request(action, {});
      tasks.send(target, 'op', message);
      tasks.waitFor(message.id, (event) => {
        if (isHeld) held?.push(target);
        done(event);
      });
    },
    signal(action: Action): void {
      const { fireAt } = action;
      const message = request(action, { signal: true, ...(fireAt === undefined ? {} : { due: fireAt }) });
      tasks.send(action.instanceId!, fireAt === undefined ? 'op' : `op@${fireAt}`, message);
    },
    /** Locks one after the other, in an order that all orchestrations share. */
    lock(entities: EntityId[], done: Settle): void {
      const targets = [...new Set(entities.map(({ name, key }) => entityTarget(name, key)))].sort();
      const lockset = targets.map((target) => entities.find(({ name, key }) => entityTarget(name, key) === target)!);
      const id = tasks.requestId();
      tasks.send(targets[0]!, 'op', { op: null, lockset, pos: 0, id, ...parent });
      tasks.waitFor(id, () => {
        held = targets;
        lockId = id;
        done();
      });
    },
    release(): void {
      for (const target of held ?? []) tasks.send(target, 'release', { parent: self.instanceId, id: lockId });
      held = undefined;
    },
    /** Addresses of the entities that are locked. */
    get held(): string[] {
      return held ?? [];
    },
  };
}
