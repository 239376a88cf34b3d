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

/** How one azure-native resource type is created or replaced through its SDK client. */
export interface Operation {
  /** Inputs that are segments of the request's path; all others belong to the body. */
  path: readonly string[];
  /** Body properties whose name in azure-native is not ARM's, at any depth. */
  wireNames: Record<string, string>;
  /** Resolves with the resource as the SDK returns it, once Azure has finished. */
  put(path: readonly string[], body: Inputs): PromiseLike<unknown>;
}

export type Operations = Record<string, Operation>;

/** Long operations are polled at this interval; Azure's own Retry-After is for Azure's own pace. */
export const poll = { updateIntervalInMs: 25 };

/**
 * An operation whose SDK method takes the path's segments in the given order and then the body.
 *
 * @example put(['resourceGroupName', 'virtualNetworkName'], (at, body: VirtualNetwork) => client.virtualNetworks.createOrUpdate(...at, body, poll))
 */
export function put<const P extends readonly string[], B>(
  path: P,
  send: (at: { [K in keyof P]: string }, body: B) => PromiseLike<unknown>,
  wireNames: Record<string, string> = {},
): Operation {
  // The body's type is the SDK's word on azure-native's inputs; `missingOnWire` checks that word for every request.
  return { path, wireNames, put: (at, body) => send(at as { [K in keyof P]: string }, body as B) };
}
