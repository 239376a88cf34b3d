import type { TokenCredential } from '@azure/identity';
import type { ResourceManagementClientOptionalParams } from '@azure/arm-resources';

/** What a provider's SDK client is made of. */
export interface Arm {
  credential: TokenCredential;
  subscriptionId: string;
  options: ArmClientOptions;
}

/** The SDKs share one pipeline; its types are reached through one of them. */
type AdditionalPolicy = NonNullable<ResourceManagementClientOptionalParams['additionalPolicies']>[number];
export type PipelinePolicy = AdditionalPolicy['policy'];

export interface ArmClientOptions {
  additionalPolicies: AdditionalPolicy[];
}

/** A resource's inputs as Pulumi serialized them: plain JSON. */
export type Inputs = Record<string, unknown>;

/** How azure-native treats a resource type where it is not like the others (its `provider/pkg/gen/replacement.go`, `openapi/defaults`). */
export interface Traits {
  /** Body properties whose name in azure-native is not ARM's, at any depth. */
  wireNames?: Record<string, string>;
  /** Inputs of the body that cannot be changed in place, beside `location`. */
  replacedBy?: string[];
  /** Properties that may also be managed as resources of their own: an update that does not state them keeps what is there. */
  subresources?: string[];
  /** Azure makes it together with its parent: whether what is there is no more than that, so that creating it adopts nothing of anyone's. */
  isDefault?: (found: Inputs) => boolean;
}

/** How one azure-native resource type is read, written and deleted through its SDK client. */
export interface Operation extends Required<Omit<Traits, 'isDefault'>>, Pick<Traits, 'isDefault'> {
  /** ARM id with parameters in braces, as azure-native's metadata has it. */
  path: string;
  /** Inputs that are segments of the path, in their order; all others belong to the body. */
  parameters: readonly string[];
  /** Resolves with the resource as the SDK returns it, once Azure has finished. */
  put(at: readonly string[], body: Inputs): PromiseLike<unknown>;
  get(at: readonly string[]): PromiseLike<unknown>;
  /** Absent where ARM has no deletion. */
  delete?: (at: readonly string[]) => PromiseLike<unknown>;
}

export type Operations = Record<string, Operation>;

/** Long operations are polled at this interval; Azure's own Retry-After is for Azure's own pace. */
export const poll = { updateIntervalInMs: 25 };

/** A value for each of a path's parameters; the subscription is the client's. */
type Segments<P extends string> = string extends P
  ? string[]
  : P extends `${string}{${infer Name}}${infer Rest}`
    ? Name extends 'subscriptionId'
      ? Segments<Rest>
      : [string, ...Segments<Rest>]
    : [];

interface Calls<P extends string, B> {
  put(at: Segments<P>, body: B): PromiseLike<unknown>;
  get(at: Segments<P>): PromiseLike<unknown>;
  delete?: (at: Segments<P>) => PromiseLike<unknown>;
}

/** Parameters of a path template in their order, without the subscription. */
export function parametersOf(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).filter((name) => name !== 'subscriptionId');
}

/**
 * An operation whose SDK methods take the path's segments in their order.
 *
 * @example operation(inGroup('Microsoft.Network/virtualNetworks/{virtualNetworkName}'), {
 *   put: (at, body: VirtualNetwork) => client.virtualNetworks.createOrUpdate(...at, body, poll), …
 */
export function operation<const P extends string, B>(path: P, calls: Calls<P, B>, traits: Traits = {}): Operation {
  const { wireNames = {}, replacedBy = [], subresources = [], isDefault } = traits;
  return {
    path,
    parameters: parametersOf(path),
    wireNames,
    replacedBy,
    subresources,
    ...(isDefault && { isDefault }),
    // The body's type is the SDK's word on azure-native's inputs; `missingOnWire` checks that word for every request.
    put: (at, body) => calls.put(at as Segments<P>, body as B),
    get: (at) => calls.get(at as Segments<P>),
    ...(calls.delete && { delete: (at) => calls.delete!(at as Segments<P>) }),
  };
}

/** The path of a resource in a resource group, from `{namespace}/{type}/{name}…`. */
export function inGroup<const T extends string>(type: T) {
  return `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/${type}` as const;
}
