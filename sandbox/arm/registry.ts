import type { Provider, ResourceType } from './types.ts';

/** The providers of a world, found by namespace, and their types, found by name; both whatever the casing. */
export interface Registry {
  register(provider: Provider): void;
  providers(): Provider[];
  provider(namespace: string): Provider | undefined;
  type(name: string): ResourceType | undefined;
  /** The published API versions of a type, known or not, oldest first; undefined: its provider takes any. */
  versions(type: string): string[] | undefined;
}

/** A later provider of the same namespace adds to the earlier one. */
export function createRegistry(): Registry {
  const providers = new Map<string, Provider>();
  const types = new Map<string, ResourceType>();

  function merged(earlier: Provider, later: Provider): Provider {
    return {
      namespace: earlier.namespace,
      types: [...earlier.types, ...later.types],
      ...((earlier.apiVersions ?? later.apiVersions) && { apiVersions: earlier.apiVersions ?? later.apiVersions }),
      other: (call) => earlier.other?.(call) ?? later.other?.(call),
    };
  }

  return {
    register(provider) {
      const key = provider.namespace.toLowerCase();
      const earlier = providers.get(key);
      providers.set(key, earlier ? merged(earlier, provider) : provider);
      for (const type of provider.types) types.set(type.type.toLowerCase(), type);
    },
    providers: () => [...providers.values()],
    provider: (namespace) => providers.get(namespace.toLowerCase()),
    type: (name) => types.get(name.toLowerCase()),
    versions(type) {
      const parts = type.toLowerCase().split('/');
      for (let depth = parts.length; depth > 1; depth--) {
        const own = types.get(parts.slice(0, depth).join('/'))?.apiVersions;
        if (own) return own;
      }
      return providers.get(parts[0]!)?.apiVersions;
    },
  };
}
