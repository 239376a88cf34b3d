import { invalidResourceName } from './errors.ts';
import type { Registry } from './registry.ts';
import type { ArmPath, ResourceStore, ResourceType } from './types.ts';

/** What a request's path asks for. */
export interface Target {
  path: ArmPath;
  /** The registered type, when there is one. */
  type: ResourceType | undefined;
  collection: boolean;
  /** Last segment of a POST, lower case. */
  action?: string;
}

interface Parts {
  /** What stands before the type: ``, `/subscriptions/s`, `/subscriptions/s/resourceGroups/g` or a resource's id. */
  scope: string;
  namespace: string;
  kinds: string[];
  /** As many as kinds (a resource) or one less (a collection, or an action). */
  names: string[];
}

const resources = 'Microsoft.Resources';

/** Names as they were before the client encoded them. @throws ArmError 400 InvalidResourceName when one has a slash */
function decoded(segments: string[]): string[] {
  return segments.map((segment) => {
    const name = decodeURIComponent(segment);
    if (name.includes('/')) throw invalidResourceName(name);
    return name;
  });
}

/** Paths without a provider belong to Microsoft.Resources: subscriptions, groups, `resources`, `providers`, `tenants`. */
function partsWithoutProvider(segments: string[]): Parts {
  const inGroup = segments[2]?.toLowerCase() === 'resourcegroups' && segments.length > 3;
  if (segments[0]?.toLowerCase() !== 'subscriptions' || segments.length <= 2) {
    return { scope: '', namespace: resources, kinds: segments.slice(0, 1), names: segments.slice(1) };
  }
  const scope = `/subscriptions/${segments[1]}`;
  // Deployments' operations are asked for without the provider (REST: Deployment Operations - List).
  const at = inGroup ? 4 : 2;
  if (segments[at]?.toLowerCase() === 'deployments') {
    const place = `/${segments.slice(0, at).join('/')}`;
    return { scope: place, namespace: resources, ...alternating(segments.slice(at)) };
  }
  if (inGroup && segments.length > 4) {
    return { scope, namespace: resources, kinds: ['resourceGroups', ...segments.slice(4)], names: [segments[3]!] };
  }
  const rest = segments.slice(2);
  return { scope, namespace: resources, ...alternating(rest) };
}

function alternating(segments: string[]): Pick<Parts, 'kinds' | 'names'> {
  return { kinds: segments.filter((_, i) => i % 2 === 0), names: segments.filter((_, i) => i % 2 === 1) };
}

function split(pathname: string): Parts {
  const clean = pathname.replace(/\/+$/, '');
  const at = clean.toLowerCase().lastIndexOf('/providers/');
  if (at < 0) return partsWithoutProvider(decoded(clean.split('/').filter(Boolean)));
  const [namespace = '', ...rest] = decoded(clean.slice(at + '/providers/'.length).split('/'));
  const scope = clean.slice(0, at);
  // `…/providers/Microsoft.Compute` and `…/register` speak of the provider itself.
  if (rest.length === 0 || (rest.length === 1 && /^(un)?register$/i.test(rest[0]!))) {
    return { scope, namespace: resources, kinds: ['providers', ...rest], names: [namespace] };
  }
  return { scope, namespace, ...alternating(rest) };
}

/** Takes request paths apart and gives them the casing that ARM returns. */
export function createPaths(registry: Registry, store: ResourceStore) {
  /** A scope's id in canonical casing. */
  function canonicalScope(scope: string): string {
    if (scope === '') return '';
    const known = store.get(scope);
    if (known) return known.id;
    const parts = split(scope);
    return parts.kinds.length === parts.names.length ? canonical(parts).id : scope;
  }

  function canonicalType(namespace: string, kinds: string[]): string {
    for (let depth = kinds.length; depth > 0; depth--) {
      const known = registry.type([namespace, ...kinds.slice(0, depth)].join('/'));
      if (known) return [known.type, ...kinds.slice(depth)].join('/');
    }
    return [registry.provider(namespace)?.namespace ?? namespace, ...kinds].join('/');
  }

  /** Id and names as stored; names that nobody stored stay as asked for. */
  function canonical(parts: Parts): { id: string; names: string[]; type: string } {
    const scope = canonicalScope(parts.scope);
    const type = canonicalType(parts.namespace, parts.kinds);
    const [namespace, ...kinds] = type.split('/');
    const bare = namespace === resources && /^(subscriptions|resourceGroups)$/i.test(kinds[0]!);
    let id = bare ? scope : `${scope}/providers/${namespace}`;
    const names: string[] = [];
    for (const [i, kind] of kinds.entries()) {
      const name = parts.names[i];
      id += name === undefined ? `/${kind}` : `/${kind}/${name}`;
      id = store.get(id)?.id ?? id;
      if (name !== undefined) names.push(id.split('/').at(-1)!);
    }
    return { id, names, type };
  }

  return {
    /** The target of a request. */
    target(method: string, pathname: string): Target {
      const parts = split(pathname);
      const odd = parts.kinds.length > parts.names.length;
      const action = odd && method === 'POST' && parts.names.length > 0 ? parts.kinds.pop()!.toLowerCase() : undefined;
      const { id, names, type: typeName } = canonical(parts);
      const type = registry.type(typeName);
      const collection = parts.kinds.length > parts.names.length;
      const place = /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?/i.exec(id);
      const extension = type?.extension ?? /\/providers\//i.test(parts.scope);
      return {
        path: {
          id,
          subscriptionId: place?.[1] ?? '',
          resourceGroup: place?.[2] ?? '',
          type: typeName,
          names,
          name: collection ? '' : (names.at(-1) ?? ''),
          ...(extension && { scope: canonicalScope(parts.scope) }),
        },
        type,
        collection,
        ...(action !== undefined && { action }),
      };
    },
  };
}

export type Paths = ReturnType<typeof createPaths>;
