import type { PolicyConfigSchema } from '@pulumi/policy';

/** A resource as the program declares it. `type` is a token such as `azure-native:storage:StorageAccount`. */
export interface Resource {
  type: string;
  name: string;
  inputs: Readonly<Record<string, unknown>>;
}

/** One thing that the environment promises. Pure: the same resource gives the same violations. */
export interface Rule {
  /** As the policy is called in Pulumi. */
  name: string;
  description: string;
  /** What a policy configuration may turn, with defaults. */
  settings?: PolicyConfigSchema['properties'];
  /** What is wrong with a resource, as sentences that say how it should be; none for types that it does not concern. */
  check(resource: Resource, settings?: Record<string, unknown>): string[];
}

/** A rule on single inputs: by type and path (`properties.publicNetworkAccess`), the values that will do. */
export function expecting(
  name: string,
  description: string,
  expected: Record<string, Record<string, readonly unknown[]>>,
): Rule {
  return {
    name,
    description,
    check({ type, inputs }) {
      return Object.entries(expected[type] ?? {}).flatMap(([path, values]) => {
        const found = valueAt(inputs, path);
        if (values.includes(found)) return [];
        const wanted = values.filter((value) => value !== undefined).map((value) => JSON.stringify(value));
        return [
          `${path} must be ${wanted.join(' or ')}; it is ${found === undefined ? 'not set' : JSON.stringify(found)}.`,
        ];
      });
    },
  };
}

/** The value at a path of names, or undefined. */
export function valueAt(inputs: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], inputs);
}

/** A list of objects among the inputs; absent is empty. */
export function listAt(inputs: unknown, path: string): Record<string, unknown>[] {
  const value = valueAt(inputs, path);
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}
