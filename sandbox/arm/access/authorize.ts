import type { ArmCall, ArmResource, ArmWorld, LinkedAccess } from '../types.ts';
import { actionOn, isFiltered, requiredBy } from './actions.ts';
import { authorizationFailed, clientOf, linkedAuthorizationFailed, templateUnauthorized } from './errors.ts';
import { linkedNeeds } from './links.ts';

const clientIn = (world: ArmWorld, principalId: string) => clientOf(world.principal(principalId), principalId);

/**
 * Lets a request in or refuses it, before it is known whether there is what it asks for.
 * @param links what the type's bodies name
 * @throws ArmError 403 AuthorizationFailed, LinkedAuthorizationFailed
 */
export function authorize(
  call: ArmCall,
  asked: { collection: boolean; pathname: string; links: readonly LinkedAccess[] },
): void {
  const { world, principalId, method } = call;
  const needed = requiredBy(call, asked.collection, asked.pathname);
  if (!needed) return;
  const { permits, holdsAny } = world.access;
  if (needed.filtered && holdsAny(principalId, needed.scope)) return;
  const allowed = permits(principalId, { actions: [needed.action] }, needed.scope);
  const writes = method === 'PUT' || method === 'PATCH';
  const missing = (writes ? linkedNeeds(asked.links, call) : []).filter(
    ({ action, scope }) => !permits(principalId, { actions: [action] }, scope),
  );
  if (!allowed) throw authorizationFailed(clientIn(world, principalId), needed);
  if (missing.length > 0) throw linkedAuthorizationFailed(clientIn(world, principalId), needed, missing);
}

/**
 * Lets somebody follow an operation.
 * @param poll the action, where it counts, and the path that was asked for
 * @throws ArmError 403 AuthorizationFailed
 */
export function authorizePoll(
  world: ArmWorld,
  principalId: string,
  { action, scope, path }: { action: string; scope: string; path: string },
): void {
  const allowed = world.access.permits(principalId, { actions: [action] }, scope);
  if (allowed) return;
  throw authorizationFailed(clientIn(world, principalId), { action, scope: path });
}

/**
 * Whether a deployer may write all resources of a template.
 * @throws ArmError 403 InvalidTemplateDeployment
 */
export function authorizeTemplate(call: ArmCall, resources: { id: string; type: string; name: string }[]): void {
  const { world, principalId } = call;
  const wanted = resources.map(({ id, type, name }) => ({ name, type, scope: id, action: actionOn(type, 'write') }));
  const refused = wanted.filter(({ action, scope }) => !world.access.grants(principalId, { actions: [action] }, scope));
  if (refused.length === 0) return;
  throw templateUnauthorized(clientIn(world, principalId), refused);
}

/**
 * Whether a list that shows what may be read shows a resource to the caller. A subscription is shown to all who have a role
 * anywhere in it.
 */
export function mayRead({ world, principalId }: ArmCall, { type, id }: Pick<ArmResource, 'type' | 'id'>): boolean {
  const { grants, holdsAny } = world.access;
  if (type === 'Microsoft.Resources/subscriptions') return holdsAny(principalId, id);
  return grants(principalId, { actions: [actionOn(type, 'read')] }, id);
}

/** What a list shows to the caller: all of it to who was let in, else what they may read. */
export function shownTo(call: ArmCall, resources: ArmResource[]): ArmResource[] {
  return isFiltered(call.path.type) ? resources.filter((resource) => mayRead(call, resource)) : resources;
}
