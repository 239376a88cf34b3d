import { mayRead } from '../../access/authorize.ts';
import type { Registry } from '../../registry.ts';
import type { ArmCall, ArmResource } from '../../types.ts';
import type { Row } from './expressions.ts';
import { QueryError, UnsupportedQuery } from './kusto.ts';
import type { Table } from './tabular.ts';
import type { Value } from './values.ts';

const columns = [
  'id',
  'name',
  'type',
  'tenantId',
  'kind',
  'location',
  'resourceGroup',
  'subscriptionId',
  'managedBy',
  'sku',
  'plan',
  'properties',
  'tags',
  'identity',
  'zones',
  'extendedLocation',
];

const group = 'Microsoft.Resources/resourceGroups';
const subscription = 'Microsoft.Resources/subscriptions';

/** The table names that the documentation lists and that hold nothing here. */
const absent = /^[a-z]+(resources|changes)$/i;

/** As Resource Graph shows a resource: types and group names in lower case, every column there. */
function row(resource: ArmResource, tenantId: string): Row {
  const [, subscriptionId = '', groupName = ''] =
    /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?/i.exec(resource.id) ?? [];
  const own = Object.fromEntries(columns.map((name) => [name, (resource[name] ?? null) as Value]));
  return {
    ...own,
    kind: own.kind ?? '',
    location: own.location ?? '',
    managedBy: own.managedBy ?? '',
    type: resource.type.toLowerCase(),
    tenantId,
    resourceGroup: groupName.toLowerCase(),
    subscriptionId,
  };
}

/** The tables of a call's subscriptions, with what the caller may read: `resources` (what has a location) and `resourcecontainers`. */
export function openTables(call: ArmCall, registry: Registry, subscriptions: string[]) {
  const { store, tenantId } = call.world;
  const shown = (resource: ArmResource): ArmResource => {
    const asked = { ...call, method: 'GET', body: undefined, query: new URLSearchParams() };
    const copy = structuredClone(resource);
    return registry.type(resource.type)?.view?.(copy, asked) ?? copy;
  };
  const inScope = subscriptions.flatMap((id) => store.get(`/subscriptions/${id}`) ?? []);
  const below = inScope.flatMap((one) => store.under(one.id)).filter((one) => mayRead(call, one));

  return (name: string): Table => {
    const table = name.toLowerCase();
    if (table === 'resources') {
      const tracked = below.filter((one) => one.location !== undefined && one.type !== group);
      return { columns, rows: tracked.map((one) => row(shown(one), tenantId)) };
    }
    if (table === 'resourcecontainers') {
      const groups = below
        .filter((one) => one.type === group)
        .map((one) => row({ ...shown(one), type: `${subscription}/resourceGroups` }, tenantId));
      const own = inScope
        .filter((one) => mayRead(call, one))
        .map((one) =>
          row(
            { ...one, name: String(one.displayName), type: subscription, properties: { state: 'Enabled' } },
            tenantId,
          ),
        );
      return { columns, rows: [...own, ...groups] };
    }
    if (absent.test(table)) throw new UnsupportedQuery(`the table ${name}`);
    throw new QueryError(`Table ${name} was not found`);
  };
}
