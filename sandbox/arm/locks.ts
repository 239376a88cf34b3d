import { idKey } from './store.ts';
import { ArmError, type ArmCall, type ArmResource } from './types.ts';

export const lockType = 'Microsoft.Authorization/locks';

/** The scope that a lock's id names. */
export function lockedScope(lock: Pick<ArmResource, 'id'>): string {
  return lock.id.replace(/\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i, '');
}

/**
 * Locks count for their scope and all below it; a delete also takes what stands below, with its locks.
 * `CanNotDelete` forbids DELETE, `ReadOnly` everything but reading.
 * @throws ArmError 409 ScopeLocked
 */
export function checkLocks(call: ArmCall): void {
  const { method, path, world } = call;
  if (method === 'GET' || method === 'HEAD' || path.type === lockType) return;
  const id = idKey(path.id);
  const deletes = method === 'DELETE';
  const holding = world.store.list({ type: lockType }).filter((lock) => {
    const scope = idKey(lockedScope(lock));
    const covers = id === scope || id.startsWith(`${scope}/`) || (deletes && scope.startsWith(`${id}/`));
    return covers && (deletes || lock.properties?.level === 'ReadOnly');
  });
  if (holding.length === 0) return;
  const scopes = [...new Set(holding.map(lockedScope))];
  throw new ArmError(
    409,
    'ScopeLocked',
    `The scope '${path.id}' cannot perform ${deletes ? 'delete' : 'write'} operation because following scope(s) are ` +
      `locked: '${scopes.join(',')}'. Please remove the lock and try again.`,
  );
}
