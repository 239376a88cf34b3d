import { locationNames } from './locations.ts';
import { ArmError, type ArmResource } from './types.ts';

/** Errors that ARM itself gives, whatever the provider. Codes and texts as ARM writes them. */

export function missingApiVersion(): ArmError {
  return new ArmError(
    400,
    'MissingApiVersionParameter',
    'The api-version query parameter (?api-version=) is required for all requests.',
  );
}

export function invalidApiVersion(version: string, supported: string[]): ArmError {
  return new ArmError(
    400,
    'InvalidApiVersionParameter',
    `The api-version '${version}' is invalid. The supported versions are '${supported.toReversed().join(',')}'.`,
  );
}

/** A provider that does not have an API version, or not for a type. */
export function noRegisteredProvider(asked: {
  type: string;
  location: string;
  version: string;
  versions: string[];
  locations: string[];
}): ArmError {
  const { type, location, version, versions, locations } = asked;
  return new ArmError(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${location}' and API version '${version}' for type ` +
      `'${type.split('/').slice(1).join('/')}'. The supported api-versions are '${versions.join(', ')}'. ` +
      `The supported locations are '${locations.join(', ')}'.`,
  );
}

export function invalidResourceName(name: string): ArmError {
  return new ArmError(400, 'InvalidResourceName', `Resource name '${name}' is invalid.`);
}

export function groupBeingDeleted(name: string): ArmError {
  return new ArmError(
    409,
    'ResourceGroupBeingDeleted',
    `The resource group '${name}' is in deprovisioning state and cannot perform this operation.`,
  );
}

export function invalidRequestContent(why: string): ArmError {
  return new ArmError(
    400,
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: '${why}'.`,
  );
}

export function unsupportedMediaType(type: string): ArmError {
  return new ArmError(
    415,
    'UnsupportedMediaType',
    `The content media type '${type}' is not supported. Only 'application/json' is supported.`,
  );
}

export function subscriptionNotFound(subscriptionId: string): ArmError {
  return new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscriptionId}' could not be found.`);
}

export function invalidSubscriptionId(subscriptionId: string): ArmError {
  return new ArmError(
    400,
    'InvalidSubscriptionId',
    `The provided subscription identifier '${subscriptionId}' is malformed or invalid.`,
  );
}

export function resourceGroupNotFound(name: string): ArmError {
  return new ArmError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
}

export function invalidResourceNamespace(namespace: string): ArmError {
  return new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
}

export function invalidResourceType(type: string, apiVersion: string): ArmError {
  const [namespace, ...kinds] = type.split('/');
  return new ArmError(
    404,
    'InvalidResourceType',
    `The resource type '${kinds.join('/')}' could not be found in the namespace '${namespace}' ` +
      `for api version '${apiVersion}'.`,
  );
}

export function parentNotFound(operation: 'read' | 'write', type: string, parentId: string): ArmError {
  const kinds = type.split('/').slice(1).join('/');
  return new ArmError(
    404,
    'ParentResourceNotFound',
    `Failed to perform '${operation}' on resource(s) of type '${kinds}', because the parent resource ` +
      `'${parentId}' could not be found.`,
  );
}

export function methodNotAllowed(method: string): ArmError {
  return new ArmError(405, 'MethodNotAllowed', `The requested resource does not support http method '${method}'.`);
}

export function preconditionFailed(header: string, wanted: string, current: string): ArmError {
  return new ArmError(
    412,
    'PreconditionFailed',
    `The condition '${wanted}' in the ${header} header was not satisfied. The current was '${current}'.`,
  );
}

export function locationConflict(existing: ArmResource, group: string, wanted: string): ArmError {
  const { name, location, type } = existing;
  if (type === 'Microsoft.Resources/resourceGroups') {
    return new ArmError(
      409,
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${wanted}'. The Resource group already exists in location '${location}'.`,
    );
  }
  return new ArmError(
    409,
    'InvalidResourceLocation',
    `The resource '${name}' already exists in location '${location}' in resource group '${group}'. A resource with ` +
      `the same name cannot be created in location '${wanted}'. Please select a new resource name.`,
  );
}

export function locationNotAvailable(type: string, location: string, available = locationNames()): ArmError {
  const regions = available.join(',');
  if (type === 'Microsoft.Resources/resourceGroups') {
    return new ArmError(
      400,
      'LocationNotAvailableForResourceGroup',
      `The provided location '${location}' is not available for resource group. List of available regions is '${regions}'.`,
    );
  }
  return new ArmError(
    400,
    'LocationNotAvailableForResourceType',
    `The provided location '${location}' is not available for resource type '${type}'. ` +
      `List of available regions for the resource type is '${regions}'.`,
  );
}

/** What this local Azure does not know. Loud on purpose: silence would be taken for success. */
export function notSupported(method: string, path: string, detail = ''): ArmError {
  return new ArmError(
    501,
    'SandboxNotSupported',
    `The local Azure does not implement ${method} ${path}.${detail ? ` ${detail}` : ''}`,
  );
}
