import { ResourceManagementClient } from '@azure/arm-resources';
import { operation, parametersOf, poll } from '../operation.ts';
import type { Arm, Inputs, Operation, Traits } from '../operation.ts';

/** What stands beside `properties` in a resource's body. */
const onResource = ['kind', 'location', 'tags', 'etag'];

/**
 * A resource type whose provider has no SDK of its own here, or one that is too old: the client that takes any id serves.
 * @param names azure-native's names of properties, and ARM's, where they differ
 */
export function genericResource(
  { credential, subscriptionId, options }: Arm,
  path: string,
  apiVersion: string,
  names: Record<string, string> = {},
  traits: Traits = {},
): Operation {
  const client = new ResourceManagementClient(credential, subscriptionId, options);
  const nativeNames = Object.fromEntries(Object.entries(names).map(([native, wire]) => [wire, native]));
  // Without the first slash: the SDK puts one before the id.
  const idOf = (at: readonly string[]) =>
    parametersOf(path)
      .reduce((id, name, i) => id.replace(`{${name}}`, () => at[i]!), path)
      .replace('{subscriptionId}', subscriptionId)
      .slice(1);
  const flat = ({ properties = {}, ...resource }: { properties?: Inputs }) => ({
    ...resource,
    ...renamed(Object.entries(properties), nativeNames),
  });
  return operation<string, Inputs>(
    path,
    {
      async put(at, body) {
        const own = Object.entries(body).filter(([key]) => onResource.includes(key));
        const properties = Object.entries(body).filter(([key]) => !onResource.includes(key));
        const resource = { ...Object.fromEntries(own), properties: renamed(properties, names) };
        return flat(await client.resources.createOrUpdateById(idOf(at), apiVersion, resource, poll));
      },
      get: async (at) => flat(await client.resources.getById(idOf(at), apiVersion)),
      delete: (at) => client.resources.deleteById(idOf(at), apiVersion, poll),
    },
    { ...traits, wireNames: names },
  );
}

function renamed(entries: [string, unknown][], names: Record<string, string>): Inputs {
  return Object.fromEntries(entries.map(([key, value]) => [names[key] ?? key, value]));
}
