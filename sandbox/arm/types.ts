import type { Faults } from '../core/faults.ts';
import type { State } from '../core/state.ts';
import type { Caller, Clock, Principal } from '../core/types.ts';
import type { Access } from './access/contract.ts';

/** A resource as ARM stores and returns it. */
export interface ArmResource {
  id: string;
  name: string;
  type: string;
  location?: string;
  tags?: Record<string, string>;
  properties?: Record<string, unknown>;
  [field: string]: unknown;
}

/** An ARM path taken apart. `segments` are the names of the type's parts, parents first. */
export interface ArmPath {
  /** The whole id, in the casing that ARM gives back: stored names as they were first written, types as registered. */
  id: string;
  subscriptionId: string;
  resourceGroup: string;
  /** Canonical casing when the type is known: `Microsoft.Compute/disks`, `Microsoft.Network/virtualNetworks/subnets`. */
  type: string;
  names: string[];
  /** The last of `names`; empty for a collection. */
  name: string;
  /** Extension resources (`…/providers/Microsoft.Authorization/roleAssignments/x`): the resource they extend. */
  scope?: string;
}

export interface ArmCall {
  method: string;
  path: ArmPath;
  /** Last segment of a POST on a resource, lower case. */
  action?: string;
  apiVersion: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  /** Parsed JSON body; undefined when there was none. */
  body: unknown;
  caller: Caller;
  /** Object id of the principal in the token. */
  principalId: string;
  world: ArmWorld;
}

/**
 * All resources of the world. Ids are compared case-insensitively; order is creation order. What it gives is frozen:
 * to change a resource, put a new one (`put({ ...resource, tags })`).
 */
export interface ResourceStore {
  get(id: string): ArmResource | undefined;
  /** @throws ArmError 404 ResourceNotFound with Azure's message */
  require(id: string): ArmResource;
  put(resource: ArmResource): void;
  delete(id: string): void;
  /** Tells of each resource that was put (as it is now) or deleted (undefined), children first; ends with what it returns. */
  onChange(listener: (id: string, resource: ArmResource | undefined) => void): () => void;
  /** By type, optionally below a subscription, resource group or parent id. */
  list(filter: { type: string; under?: string }): ArmResource[];
  /** Every resource below an id (a group, a parent). */
  under(id: string): ArmResource[];
  /** When a resource was created and last changed, ISO 8601. */
  times(id: string): { createdTime: string; changedTime: string } | undefined;
}

/** What providers share. */
export interface ArmWorld {
  clock: Clock;
  store: ResourceStore;
  tenantId: string;
  /** What outlives the process. Each part keeps its facts in maps of its own, named after it: `storage.softDeleted`. */
  state: State;
  /** Services ask it at the points of `core/faultPoints.ts` whether something is to go wrong there. */
  faults: Pick<Faults, 'strike'>;
  /** Who may do what. */
  access: Access;
  /** The principal of an object id: a person, an application or a user-assigned identity. */
  principal(objectId: string): Principal | undefined;
  /** A random GUID from the world's seed, lower case. */
  guid(): string;
}

/**
 * A long-running operation as ARM runs it. `work` starts at once; the operation is seen as finished at the first poll
 * after it has settled. It throws ArmError to fail; what it returns is the body of the final GET of `Location` for
 * actions (undefined: none). For a PUT or PATCH the final body is the resource itself.
 */
export interface LongRunning {
  /** Which headers announce it: documented per operation. */
  style: 'azure-async' | 'location' | 'both';
  work: () => Promise<unknown>;
}

/** What a handler answers. `body` undefined: none. With `longRunning` the status is 200, 201 or 202. */
export interface ArmReply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  longRunning?: LongRunning;
}

type Answer = ArmReply | Promise<ArmReply>;

/**
 * What a body may have where a provider reads it: a kind of value, a list of such (`['string']`), or an object whose
 * members may be so. Members that are not named may be anything.
 */
export type Shape = 'string' | 'number' | 'boolean' | readonly [Shape] | { readonly [member: string]: Shape };

/**
 * A property that names another resource, and the action that whoever writes it needs on that one: what ARM calls a
 * linked access check.
 */
export interface LinkedAccess {
  /** Where in the body: `properties.ipConfigurations[].properties.subnet.id`; `identity.userAssignedIdentities{}` for an object's keys. */
  at: string;
  /** `{type}` stands for the type of the resource named. */
  action: string;
  /** The action as ARM's message writes it, where that is another form. */
  shown?: string;
  /** The id of what the value names; none: the value is one. Undefined: nothing is named. */
  id?: (value: unknown, call: ArmCall) => string | undefined;
}

/**
 * One resource type's behaviour. The core routes, checks the token, api-version, group and body, finds `existing`,
 * answers 404, 405 on collections and 501 where there is no handler, runs long operations and pages lists. GET and
 * lists are served from the store unless `view` says what to add; a PUT or PATCH that answers without a body gets what
 * GET would show.
 */
export interface ResourceType {
  /** `Microsoft.Compute/disks` */
  type: string;
  /** Published API versions where they are not its provider's, oldest first; its children have them too. */
  apiVersions?: string[];
  /** Names that a new one may have, and the error for others. */
  nameRule?: { pattern: RegExp; refuse: (name: string) => ArmError };
  /** What the body of a PUT or PATCH may have where the handlers read it; others are refused. */
  shape?: Shape;
  /** What the body of a PUT or PATCH names, and what is needed there. */
  links?: readonly LinkedAccess[];
  /** Create or replace. The handler puts the resource into the store itself. */
  put?(call: ArmCall, existing: ArmResource | undefined): Answer;
  patch?(call: ArmCall, existing: ArmResource): Answer;
  delete?(call: ArmCall, existing: ArmResource): Answer;
  /** What GET and lists show of a stored resource (never secrets; computed fields such as an instance view on `$expand`). */
  view?(resource: ArmResource, call: ArmCall): ArmResource;
  /** True for types that extend any resource, group or subscription; `path.scope` says which. */
  extension?: true;
  /** Finds what does not stand in the store under its own id (a built-in role seen from a subscription). */
  find?(call: ArmCall): ArmResource | undefined;
  /** Replaces the store's answer to GET on the collection, before `view` and paging. */
  list?(call: ArmCall): ArmResource[];
  /** POST …/{name}/{action}; keys in lower case. */
  actions?: Record<string, (call: ArmCall, existing: ArmResource) => Answer>;
}

/** A provider: its resource types, and operations that hang under no stored resource (`locations/{x}/usages`). */
export interface Provider {
  namespace: string;
  types: ResourceType[];
  /** Published API versions, oldest first, lower case; others are refused. None given: any is taken. */
  apiVersions?: string[];
  /** Tried for paths that no type claims; undefined when it is not this provider's either. */
  other?(call: ArmCall): Answer | undefined;
}

/** An ARM error: body `{error: {code, message, …}}`. Codes and messages as Azure's documentation gives them. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly headers: Record<string, string>;
  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = 'ArmError';
    this.status = status;
    this.code = code;
    this.details = more.details ?? {};
    this.headers = more.headers ?? {};
  }
}
