import { locationNames } from './locations.ts';
import { ArmError } from './types.ts';

/** Errors that ARM itself gives, whatever the provider. Codes and texts as ARM writes them. */

export function missingApiVersion(): ArmError {
  return new ArmError(
    400,
    'MissingApiVersionParameter',
    'The api-version query parameter (?api-version=) is required for all requests.',
  );
}

export function invalidApiVersion(version: string): ArmError {
  return new ArmError(
    400,
    'InvalidApiVersionParameter',
    `The api-version '${version}' is invalid. The supported versions are of the form 'YYYY-MM-DD' or 'YYYY-MM-DD-preview'.`,
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

export function locationConflict(name: string, group: string, existing: string, wanted: string): ArmError {
  return new ArmError(
    409,
    'InvalidResourceLocation',
    `The resource '${name}' already exists in location '${existing}' in resource group '${group}'. A resource with ` +
      `the same name cannot be created in location '${wanted}'. Please select a new resource name.`,
  );
}

export function locationNotAvailable(type: string, location: string): ArmError {
  const regions = locationNames().join(',');
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
