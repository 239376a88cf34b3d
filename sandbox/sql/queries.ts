import { resourceNotFound } from '../arm/store.ts';
import type { ArmCall, ArmReply, ArmResource } from '../arm/types.ts';
import { databasesOf } from './databases/elasticPools.ts';
import { sqlError } from './errors.ts';
import { DATABASE, INSTANCE, SERVER } from './parts.ts';
import type { SqlParts } from './parts.ts';
import { privateLinkResources } from './servers/privateLink.ts';
import { invalidServerName, ownerNamed, SERVER_NAME } from './servers/names.ts';
import type { Task } from './work.ts';

/** Servers of one region in a subscription. */
const SERVER_QUOTA = 250;

/** What hangs under no stored resource of its own. @param show how a stored resource is shown */
export function query(parts: SqlParts, call: ArmCall, show: (resource: ArmResource) => ArmResource) {
  const { path, method } = call;
  const kinds = path.type.split('/').slice(1).join('/').toLowerCase();
  const owner = path.id
    .split('/')
    .slice(0, path.name === '' ? -1 : -2)
    .join('/');
  if (method === 'POST') {
    if (kinds === 'checknameavailability') return nameAvailability(parts, call);
    const cancel = /^(.+)\/operations\/([^/]+)$/i.exec(path.id);
    return cancel && call.action === 'cancel' ? cancelTask(parts, cancel[1]!, cancel[2]!) : undefined;
  }
  if (method !== 'GET') return undefined;
  const stored = () => {
    const found = parts.world.store.get(owner);
    if (!found) throw resourceNotFound(owner);
    return found;
  };
  switch (kinds) {
    case 'locations/usages':
      return usages(parts, call);
    case 'servers/privatelinkresources':
    case 'managedinstances/privatelinkresources':
      return privateLinkResources(stored(), path.name);
    case 'servers/operations':
      stored();
      return list([]);
    case 'servers/databases/operations':
    case 'managedinstances/operations':
      return operations(parts, stored(), path.name);
    case 'servers/databases/usages':
      return databaseUsages(stored());
    case 'servers/elasticpools/databases':
      return list(databasesOf(parts, stored()).map(show));
    default:
      return undefined;
  }
}

function list(value: unknown[]): ArmReply {
  return { status: 200, body: { value } };
}

/** POST …/providers/Microsoft.Sql/checkNameAvailability */
function nameAvailability(parts: SqlParts, call: ArmCall): ArmReply {
  const { name, type } = (call.body ?? {}) as { name?: unknown; type?: unknown };
  const wanted = [SERVER, INSTANCE].find((known) => known.toLowerCase() === String(type).toLowerCase());
  if (typeof name !== 'string' || !wanted) {
    throw sqlError(400, 'InvalidResourceType', `The type must be '${SERVER}' or '${INSTANCE}', and a name be given.`);
  }
  const reason = !SERVER_NAME.test(name)
    ? { reason: 'Invalid', message: invalidServerName(name).message }
    : ownerNamed(parts, wanted, name) && {
        reason: 'AlreadyExists',
        message: `Specified server name '${name}' is already used.`,
      };
  return { status: 200, body: { name, available: !reason, ...reason } };
}

/** GET …/locations/{location}/usages and …/usages/{name} */
function usages(parts: SqlParts, call: ArmCall): ArmReply {
  const [location = '', asked] = call.path.names;
  const { subscriptionId } = call.path;
  const servers = parts.world.store
    .list({ type: SERVER, under: `/subscriptions/${subscriptionId}` })
    .filter((server) => server.location === location.toLowerCase());
  const cores = servers
    .flatMap((server) => parts.world.store.list({ type: DATABASE, under: server.id }))
    .map(({ sku }) => sku as { name: string; capacity: number })
    .reduce((sum, { name, capacity }) => sum + (name.includes('Gen5') ? capacity : 0), 0);
  const usage = (name: string, displayName: string, currentValue: number, limit: number) => ({
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.Sql/locations/${location}/usages/${name}`,
    name,
    type: 'Microsoft.Sql/locations/usages',
    properties: { displayName, currentValue, limit, unit: 'Count' },
  });
  const all = [
    usage('ServerQuota', `Regional Server Quota for ${location}`, servers.length, SERVER_QUOTA),
    usage('RegionalVCoreQuotaForSQLDBAndDW', `vCore quota for SQL databases in ${location}`, cores, 2000),
  ];
  if (asked === undefined) return list(all);
  const found = all.find(({ name }) => name.toLowerCase() === asked.toLowerCase());
  if (!found) throw resourceNotFound(call.path.id);
  return { status: 200, body: found };
}

function databaseUsages(database: ArmResource): ArmReply {
  const usage = (name: string, displayName: string, currentValue: number) => ({
    id: `${database.id}/usages/${name}`,
    name,
    type: `${DATABASE}/usages`,
    properties: { displayName, currentValue, limit: database.properties?.['maxSizeBytes'], unit: 'Bytes' },
  });
  return list([
    usage('database_size', 'Database Size', 0),
    usage('database_allocated_size', 'Database Allocated Size', 0),
  ]);
}

/** GET …/operations and …/operations/{id} of a database or an instance. */
function operations(parts: SqlParts, resource: ArmResource, asked: string): ArmReply {
  const now = parts.world.clock.now();
  const view = (task: Task) => {
    const { id, operation, begins, ends, cancelled } = task;
    const running = !cancelled && ends > now;
    const passed = ends === begins ? 1 : (now - begins) / (ends - begins);
    const owner = resource.id.split('/');
    return {
      id: `${resource.id}/operations/${id}`,
      name: id,
      type: `${resource.type}/operations`,
      properties: {
        ...(resource.type === DATABASE
          ? { databaseName: resource.name, serverName: owner.at(-3) }
          : { managedInstanceName: resource.name }),
        operation,
        operationFriendlyName: operation,
        percentComplete: running ? Math.floor(passed * 100) : 100,
        startTime: new Date(begins).toISOString(),
        state: cancelled ? 'Cancelled' : running ? 'InProgress' : 'Succeeded',
        isCancellable: running,
        estimatedCompletionTime: new Date(ends).toISOString(),
      },
    };
  };
  const all = parts.work.tasks(resource.id).map(view);
  if (asked === '') return list(all);
  const found = all.find(({ name }) => name === asked);
  if (!found) throw resourceNotFound(`${resource.id}/operations/${asked}`);
  return { status: 200, body: found };
}

/** POST …/operations/{id}/cancel: a database that is not there yet will not be. */
function cancelTask(parts: SqlParts, resourceId: string, taskId: string): ArmReply {
  const resource = parts.world.store.get(resourceId);
  const task = parts.work.tasks(resourceId).find(({ id }) => id === taskId);
  if (!resource || !task)
    throw sqlError(404, 'OperationIdNotFound', `The operation with Id '${taskId}' does not exist.`);
  if (parts.work.current(resourceId)?.id !== taskId) {
    throw sqlError(409, 'CannotCancelOperation', 'The management operation is in a state that cannot be cancelled.');
  }
  if (resource.type === DATABASE) {
    parts.world.state.transaction(() => {
      parts.work.forget(resourceId);
      parts.world.store.delete(resourceId);
    });
  } else parts.work.cancel(resourceId);
  return { status: 200 };
}
