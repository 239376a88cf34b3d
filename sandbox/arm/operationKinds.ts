import type { OperationOrigin } from './operationLog.ts';

/** Where a provider shows its operations, as the headers of its long-running operations do and its permissions name it. */
interface Kinds {
  /** The path's part before the id, of the status. */
  status: string;
  /** The same, of the result. Where it is the status's, `monitor=true` asks for the result. */
  result: string;
  /**
   * Where `…/{kind}/read` counts. Paths of operations stand below the subscription, where who has a role in a group only
   * has none, and yet people with such roles make machines and networks: providers exempt polls from ARM's check
   * (ProviderHub: "allowed unauthorized actions", intent RPContract). `operation`: not exempt, a role at the subscription
   * is needed (Microsoft.Web: "Contributor on the group cannot read it" in public threads). `nowhere`: exempt, there is no
   * such action. Otherwise not published; none given, chosen: the action counts where the operation works.
   */
  asked?: 'operation' | 'nowhere';
}

type Part = 'status' | 'result';

const usual: Kinds = { status: 'operations', result: 'operationResults' };
const both = (kind: string): Kinds => ({ status: kind, result: kind });
const sql = (kind: string): Kinds => ({ status: `${kind}AzureAsyncOperation`, result: `${kind}OperationResults` });

/**
 * Kinds that are not the usual ones, by type; a type has its parent's. From the permission references (`Microsoft.Compute/
 * locations/diskOperations/read`, …) and from headers in public traces.
 */
const kinds: Record<string, Kinds> = {
  'microsoft.compute': both('operations'),
  'microsoft.compute/disks': both('DiskOperations'),
  'microsoft.compute/snapshots': both('DiskOperations'),
  'microsoft.compute/diskaccesses': both('DiskOperations'),
  'microsoft.compute/diskencryptionsets': both('DiskOperations'),
  'microsoft.storage': { ...both('asyncoperations'), asked: 'nowhere' },
  'microsoft.web': { ...usual, asked: 'operation' },
  'microsoft.sql/servers': sql('server'),
  'microsoft.sql/servers/databases': sql('database'),
  'microsoft.sql/managedinstances': sql('managedInstance'),
  'microsoft.sql/managedinstances/databases': sql('managedDatabase'),
  'microsoft.resources/resourcegroups': both('operationresults'),
  'microsoft.resources/deployments': both('operationStatuses'),
};

const segments = new Set([usual, ...Object.values(kinds)].flatMap(({ status, result }) => [status, result]));
const known = new RegExp(`/(${[...segments].join('|')})/([^/]+)/?$`, 'i');

function kindsOf(type: string): Kinds {
  const parts = type.toLowerCase().split('/');
  for (let depth = parts.length; depth > 0; depth--) {
    const own = kinds[parts.slice(0, depth).join('/')];
    if (own) return own;
  }
  return usual;
}

/** Path and query of an operation's status or result, and what is needed to read it; none: nothing. */
interface Place {
  path: string;
  query: string;
  needs?: { action: string; scope: string };
}

export function placeOf({ path, location }: Pick<OperationOrigin, 'path' | 'location'>, id: string, part: Part): Place {
  const { status, result, asked } = kindsOf(path.type);
  const kind = part === 'status' ? status : result;
  const query = part === 'result' && status === result ? 'monitor=true&' : '';
  const [namespace, first] = path.type.split('/');
  const subscription = `/subscriptions/${path.subscriptionId}`;
  const needs = (action: string) => ({ needs: { action: `${action}/${kind}/read`, scope: path.id } });
  if (namespace === 'Microsoft.Resources' && first === 'deployments') {
    return { path: `${path.id}/${kind}/${id}`, query, ...needs(path.type) };
  }
  if (namespace === 'Microsoft.Resources') {
    return { path: `${subscription}/${kind}/${id}`, query, ...needs(`${namespace}/subscriptions`) };
  }
  const own = `${subscription}/providers/${namespace}/locations/${location}/${kind}/${id}`;
  const scope = asked === 'operation' ? own : path.id;
  const action = `${namespace}/locations/${kind}/read`;
  return { path: own, query, ...(asked !== 'nowhere' && { needs: { action, scope } }) };
}

/** The operation that a path asks for, when it looks like one's; `part` unless the query decides. */
export function operationAsked(url: URL): { id: string; part: (type: string) => Part } | undefined {
  const [, kind = '', id = ''] = known.exec(url.pathname) ?? [];
  if (id === '') return undefined;
  const monitor = url.searchParams.get('monitor') === 'true';
  const isStatus = (type: string) => {
    const { status, result } = kindsOf(type);
    return status === result ? !monitor : kind.toLowerCase() === status.toLowerCase();
  };
  return { id: id.toLowerCase(), part: (type) => (isStatus(type) ? 'status' : 'result') };
}
