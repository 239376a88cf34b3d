import {
  groupBeingDeleted,
  invalidRequestContent,
  invalidResourceName,
  invalidResourceNamespace,
  invalidResourceType,
  invalidSubscriptionId,
  locationConflict,
  locationNotAvailable,
  parentNotFound,
  preconditionFailed,
  resourceGroupNotFound,
  subscriptionNotFound,
} from './errors.ts';
import { isLocation, normalizeLocation } from './locations.ts';
import { inShape } from './shape.ts';
import type { Registry } from './registry.ts';
import { resourceNotFound } from './store.ts';
import { checkTags } from './tags.ts';
import type { ArmCall, ArmResource, ResourceType } from './types.ts';

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A subscription must exist before roles in it are looked at. @throws ArmError 400, 404 */
export function checkSubscription({ path: { subscriptionId }, world }: ArmCall): void {
  if (subscriptionId === '') return;
  if (!guid.test(subscriptionId)) throw invalidSubscriptionId(subscriptionId);
  if (!world.store.get(`/subscriptions/${subscriptionId}`)) throw subscriptionNotFound(subscriptionId);
}

/** Group and namespace must exist before a provider is asked. */
export function checkPlace(call: ArmCall): void {
  const { store } = call.world;
  const { subscriptionId, resourceGroup, type, id } = call.path;
  const groupId = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  const isGroup = id.toLowerCase() === groupId.toLowerCase();
  const group = store.get(groupId);
  // A group's own path: its type answers for PUT, and HEAD says without words that there is none.
  const ownAffair = isGroup && (call.method === 'PUT' || call.method === 'HEAD');
  if (resourceGroup !== '' && !ownAffair && !group) throw resourceGroupNotFound(resourceGroup);
  if (call.method === 'PUT' && group?.properties?.provisioningState === 'Deleting') throw groupBeingDeleted(group.name);
  const [namespace = '', ...kinds] = type.split('/');
  if (!/^[a-z0-9]+(\.[a-z0-9]+)+$/i.test(namespace)) throw invalidResourceNamespace(namespace);
  // Names that no type in Azure has. Others that this world lacks may exist there: those answer 501.
  const odd = kinds.some((kind) => !/^[a-z][a-z0-9]*$/i.test(kind));
  if (odd) throw invalidResourceType(type, call.apiVersion);
}

/** A child needs its topmost parent; an extension the resource it extends. */
export function checkParent(call: ArmCall, registry: Registry, collection: boolean): void {
  const { store } = call.world;
  const { id, type, scope } = call.path;
  const reading = call.method === 'GET' || call.method === 'HEAD';
  if (scope !== undefined) {
    if (/\/providers\//i.test(scope) && !isThere(scope, call, registry)) throw resourceNotFound(scope);
    return;
  }
  const kinds = type.split('/').slice(1);
  if (kinds.length < 2 || type.startsWith('Microsoft.Resources/')) return;
  const root = id.split('/').slice(0, collection ? -(kinds.length * 2 - 3) : -(kinds.length - 1) * 2);
  const rootType = registry.type(type.split('/').slice(0, 2).join('/'));
  const rootId = root.join('/');
  if (!rootType || store.get(rootId)) return;
  throw reading ? resourceNotFound(rootId) : parentNotFound('write', type, rootId);
}

/** Whether a resource exists, in the store or where its type keeps it (a key in a vault). */
function isThere(id: string, call: ArmCall, registry: Registry): boolean {
  const { store } = call.world;
  if (store.get(id)) return true;
  const at = id.toLowerCase().lastIndexOf('/providers/') + '/providers/'.length;
  const [namespace, ...rest] = id.slice(at).split('/');
  const type = registry.type([namespace, ...rest.filter((_, i) => i % 2 === 0)].join('/'));
  const names = rest.filter((_, i) => i % 2 === 1);
  const root = `${id.slice(0, at)}${namespace}/${rest[0]}/${rest[1]}`;
  if (!type?.find || !store.get(root)) return false;
  return type.find({ ...call, path: { ...call.path, id, type: type.type, names, name: names.at(-1)! } }) !== undefined;
}

/** If-Match and If-None-Match count where the resource has an ETag. */
export function checkConditions(call: ArmCall, existing: ArmResource | undefined): void {
  const etag = existing?.etag;
  if (typeof etag !== 'string' || call.method === 'GET') return;
  const match = call.headers['if-match'];
  const noneMatch = call.headers['if-none-match'];
  if (match && match !== '*' && match !== etag) throw preconditionFailed('If-Match', match, etag);
  if (call.method === 'PUT' && (noneMatch === '*' || noneMatch === etag)) {
    throw preconditionFailed('If-None-Match', noneMatch, etag);
  }
}

/** Characters that no resource's name may have, and the type's own rule. Names that exist are not looked at again. */
export function checkName(call: ArmCall, type: ResourceType, existing: ArmResource | undefined): void {
  const { name } = call.path;
  if (existing) return;
  if (/[<>%&\\?/#]|\p{Cc}/u.test(name)) throw invalidResourceName(name);
  if (type.nameRule && !type.nameRule.pattern.test(name)) throw type.nameRule.refuse(name);
}

/** A JSON object of its type's shape with sound tags; `location` is brought into the form that ARM returns. */
export function checkBody(call: ArmCall, type: ResourceType, existing: ArmResource | undefined): void {
  if (call.body === undefined) throw invalidRequestContent('The request body is empty');
  if (typeof call.body !== 'object' || call.body === null || Array.isArray(call.body)) {
    throw invalidRequestContent('The request body must be a JSON object');
  }
  const body = inShape(call.body as Record<string, unknown>, type.shape);
  call.body = body;
  checkTags(body.tags, call.path.type);
  if (body.location !== undefined && body.location !== null && typeof body.location !== 'string') {
    throw invalidRequestContent("Path 'location': expected a string");
  }
  if (typeof body.location === 'string') body.location = normalizeLocation(body.location);
  if (call.method !== 'PUT' || typeof body.location !== 'string') return;
  if (!existing && !isLocation(body.location)) throw locationNotAvailable(call.path.type, body.location);
  if (!existing?.location) return;
  if (body.location !== existing.location) {
    throw locationConflict(existing, call.path.resourceGroup, body.location);
  }
}
