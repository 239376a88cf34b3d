import type { ArmCall } from '../types.ts';

/** What a request needs to be let in. */
export interface Required {
  action: string;
  scope: string;
  /** Any role at the scope, above or below it will do: the answer is what may be read. */
  filtered?: boolean;
}

/** Types of Microsoft.Resources whose actions hang below the subscription (permission reference, Microsoft.Resources). */
const ofSubscription = new Set([
  'resourcegroups',
  'resources',
  'locations',
  'providers',
  'tagnames',
  'operationresults',
]);

/** Questions that are asked by POST and read all the same (permission references of the providers). */
const readByPost = new Set([
  'microsoft.storage/checknameavailability',
  'microsoft.keyvault/checknameavailability',
  'microsoft.web/checknameavailability',
]);

/**
 * Lists that show what the caller may read ("List Azure resources", "az group list"; Resource Graph: "Azure RBAC in Azure
 * Resource Graph"). Those of a subscription or group refuse who has no role there at all (seen in public threads: `GET
 * …/resourcegroups`, 403 over the subscription).
 */
const filteredLists = new Set([
  'microsoft.resources/subscriptions',
  'microsoft.resources/resourcegroups',
  'microsoft.resources/resources',
  'microsoft.resources/resourcegroups/resources',
  'microsoft.resourcegraph/resources',
]);

/** Open to every principal of the tenant: what is the same for all of them. */
const free = new Set([
  'microsoft.resources/tenants',
  'microsoft.resources/providers',
  'microsoft.authorization/roledefinitions',
]);

const verbs: Record<string, string> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'write',
  PATCH: 'write',
  DELETE: 'delete',
};

function actionPrefix(type: string): string {
  const [namespace = '', kind = '', ...rest] = type.split('/');
  const below = namespace.toLowerCase() === 'microsoft.resources' && ofSubscription.has(kind.toLowerCase());
  return below ? [namespace, 'subscriptions', kind, ...rest].join('/') : type;
}

/** Whether a list of a type shows what may be read. */
export function isFiltered(type: string): boolean {
  return filteredLists.has(type.toLowerCase());
}

/** The action that reads or writes a resource of a type. */
export function actionOn(type: string, verb: 'read' | 'write'): string {
  return `${actionPrefix(type)}/${verb}`;
}

/** Where a request's action counts; for what hangs below the subscription without a provider that is the subscription. */
function scopeOf({ path }: ArmCall, collection: boolean): string {
  const below = /^Microsoft\.Resources\/(?!resourceGroups)([^/]+)/i.exec(path.type)?.[1]?.toLowerCase();
  if (path.subscriptionId !== '' && below !== undefined && ofSubscription.has(below)) {
    return `/subscriptions/${path.subscriptionId}`;
  }
  return collection ? path.id.slice(0, path.id.lastIndexOf('/')) : path.id;
}

/**
 * The action that a request asks for, and where. Lists are reads of the provider below the scope, as the messages of
 * `AuthorizationFailed` name it; a POST is named after its last segment.
 * @returns undefined: nobody needs a role for it
 */
export function requiredBy(call: ArmCall, collection: boolean, pathname: string): Required | undefined {
  const { method, path } = call;
  const type = path.type.toLowerCase();
  const filtered = collection && isFiltered(type);
  if (path.subscriptionId === '' && (filtered || free.has(type))) return undefined;
  const scope = scopeOf(call, collection);
  if (filtered) return { action: actionOn(path.type, 'read'), scope, filtered };
  if (method !== 'POST') return { action: `${actionPrefix(path.type)}/${verbs[method] ?? 'read'}`, scope };
  if (readByPost.has(type)) return { action: `${path.type}/read`, scope };
  if (call.action === undefined) return { action: `${path.type}/action`, scope };
  const asked = decodeURIComponent(pathname.replace(/\/+$/, '').split('/').at(-1)!);
  if (type === 'microsoft.resources/providers') return { action: `${path.name}/${asked}/action`, scope };
  return { action: `${actionPrefix(path.type)}/${asked}/action`, scope };
}
