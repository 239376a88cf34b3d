import type { Inputs, Operation } from './operation.ts';

/** The path's segments from a resource's inputs. @throws Error when one is missing */
export function segmentsOf({ parameters, path }: Operation, inputs: Inputs): string[] {
  return parameters.map((key) => {
    const value = inputs[key];
    if (typeof value !== 'string' || value === '') {
      throw new Error(`input ${key} is missing: names are not made up here.`);
    }
    // A scope is an id: its slash is the path's.
    return path.startsWith(`/{${key}}`) ? value.replace(/^\//, '') : value;
  });
}

/** The resource's ARM id, as azure-native makes it of its path. */
export function idOf({ parameters, path }: Operation, segments: readonly string[], subscriptionId: string): string {
  return parameters
    .reduce((id, name, i) => id.replace(`{${name}}`, () => segments[i]!), path)
    .replace('{subscriptionId}', subscriptionId);
}

/** The path's segments by parameter, and the subscription, from an ARM id. @throws Error in azure-native's words */
export function parseId({ path }: Operation, id: string): Record<string, string> {
  const pattern = path.replace(/\{(\w+)\}/g, '(?<$1>.+)');
  const match = new RegExp(`^${pattern}$`, 'i').exec(id);
  if (!match) throw new Error(`failed to parse '${id}' against the path '${path}'`);
  return { ...match.groups };
}

/** The inputs that belong to the body, in the shape that the SDKs take. */
export function bodyOf({ parameters }: Operation, inputs: Inputs): Inputs {
  const body = Object.fromEntries(Object.entries(inputs).filter(([key]) => !parameters.includes(key)));
  const { identity } = body as { identity?: { userAssignedIdentities?: unknown } };
  // azure-native takes a list of ids where ARM takes a map from id to an empty object.
  if (Array.isArray(identity?.userAssignedIdentities)) {
    const ids = identity.userAssignedIdentities as string[];
    body.identity = { ...identity, userAssignedIdentities: Object.fromEntries(ids.map((id) => [id, {}])) };
  }
  return body;
}
