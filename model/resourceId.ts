import { StrongroomError } from './errors.ts';

/** An ARM resource id taken apart. Compare ids with {@link sameId}: ARM treats them as case-insensitive. */
export interface ResourceId {
  /** The id as given, without a trailing slash. */
  id: string;
  subscriptionId: string;
  resourceGroup: string;
  /** `Microsoft.Compute/virtualMachines`, child types joined by `/`. */
  type: string;
  name: string;
}

const shape = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/([^/]+)((?:\/[^/]+\/[^/]+)+)\/?$/i;
const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Takes a resource id apart.
 * @throws StrongroomError INVALID_INPUT, naming the value and the expected shape.
 */
export function parseResourceId(id: string): ResourceId {
  const match = shape.exec(id);
  if (!match || !guid.test(match[1]!)) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `"${id}" is not an Azure resource id. Expected /subscriptions/{guid}/resourceGroups/{group}/providers/{provider}/{type}/{name}.`,
    );
  }
  const segments = match[4]!.split('/').filter(Boolean);
  return {
    id: id.replace(/\/$/, ''),
    subscriptionId: match[1]!,
    resourceGroup: match[2]!,
    type: [match[3]!, ...segments.filter((_, i) => i % 2 === 0)].join('/'),
    name: segments.at(-1)!,
  };
}

/** Like {@link parseResourceId}, and the resource must be of the given type. */
export function parseResourceIdOf(type: string, id: string): ResourceId {
  const parsed = parseResourceId(id);
  if (parsed.type.toLowerCase() !== type.toLowerCase()) {
    throw new StrongroomError('INVALID_INPUT', `"${id}" is a ${parsed.type}; expected a ${type}.`);
  }
  return parsed;
}

/** The form under which ids are compared and used as keys: lower case, no trailing slash. */
export function idKey(id: string): string {
  return id.toLowerCase().replace(/\/$/, '');
}

export function sameId(a: string, b: string): boolean {
  return idKey(a) === idKey(b);
}
