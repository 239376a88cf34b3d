import { deleteEntity, getEntity, listEntities, signalEntity } from './apiEntities.ts';
import { listInstances, purgeInstance, purgeInstances, showInstance } from './apiInstances.ts';
import { manageInstance, OPERATIONS, raiseEvent } from './apiManage.ts';
import { restart, start } from './apiStart.ts';
import { apiError, type ApiReply, type ApiRequest } from './apiTypes.ts';
import type { Hub } from './context.ts';
import { CONNECTION, type Endpoints } from './links.ts';

const ROUTES = [
  'POST orchestrators/{functionName}/{instanceId?}',
  'GET or DELETE instances',
  'GET or DELETE instances/{instanceId}',
  `POST instances/{instanceId}/${[...OPERATIONS, 'restart'].join('|')}`,
  'POST instances/{instanceId}/raiseEvent/{eventName}',
  'GET entities/{entityName?}',
  'GET, POST or DELETE entities/{entityName}/{entityKey}',
];

/** The Durable extension's HTTP API; the same under both of its bases. */
export async function durableApi(hub: Hub, endpoints: Endpoints, request: ApiRequest): Promise<ApiReply> {
  const { method, path, url } = request;
  const [collection = '', first = '', second = '', third = ''] = path;
  const other = otherHub(endpoints, url);
  if (other) return apiError(501, other);
  const operation = second.toLowerCase();
  switch (`${method} ${collection.toLowerCase()}/${path.length}`) {
    case 'POST orchestrators/2':
    case 'POST orchestrators/3':
      return start(hub, endpoints, request, first, second || undefined);
    case 'GET instances/1':
      return listInstances(hub, request);
    case 'DELETE instances/1':
      return purgeInstances(hub, request);
    case 'GET instances/2':
      return showInstance(hub, request, first);
    case 'DELETE instances/2':
      return purgeInstance(hub, first);
    case 'POST instances/3':
      if (operation === 'restart') return restart(hub, endpoints, request, first);
      return manageInstance(hub, request, first, operation) ?? unknownRoute(request);
    case 'POST instances/4':
      return operation === 'raiseevent' ? raiseEvent(hub, request, first, third) : unknownRoute(request);
    case 'GET entities/1':
    case 'GET entities/2':
      return listEntities(hub, request, first || undefined);
    case 'GET entities/3':
      return getEntity(hub, first, second);
    case 'POST entities/2':
    case 'POST entities/3':
      return signalEntity(hub, request, first, second);
    case 'DELETE entities/2':
    case 'DELETE entities/3':
      return deleteEntity(hub, first, second);
    case 'POST makeprimary/1':
      return apiError(501, 'This host has no app leases: it is always the primary app.');
    default:
      return unknownRoute(request);
  }
}

function unknownRoute({ method, path }: ApiRequest): ApiReply {
  return apiError(404, `There is no ${method} ${path.join('/')}. There is: ${ROUTES.join('; ')}.`);
}

/** Azure would look into another task hub. */
function otherHub({ hubName }: Endpoints, url: URL): string | undefined {
  const parameter = (name: string) =>
    [...url.searchParams].find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1].trim();
  const hub = parameter('taskHub');
  const connection = parameter('connection');
  if (hub && hub !== hubName) return `taskHub=${hub} is not supported: this host has one task hub, "${hubName}".`;
  if (connection && connection !== CONNECTION) {
    return `connection=${connection} is not supported: this host has one connection, "${CONNECTION}".`;
  }
  return undefined;
}
