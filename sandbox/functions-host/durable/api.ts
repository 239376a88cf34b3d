import type { Hub } from './context.ts';
import { deleteEntity, getEntity, listEntities, signalEntity } from './apiEntities.ts';
import { listInstances, manageInstance, purgeInstance, purgeInstances, showInstance, start } from './apiInstances.ts';
import type { ApiReply, ApiRequest } from './apiTypes.ts';
import type { Endpoints } from './links.ts';

/** The Durable extension's HTTP API; the same under both of its bases. */
export async function durableApi(hub: Hub, endpoints: Endpoints, request: ApiRequest): Promise<ApiReply> {
  const { method, path } = request;
  const [collection, first, second, third] = path;
  const signature = `${method} ${collection}/${path.length}`;
  switch (signature) {
    case 'POST orchestrators/2':
    case 'POST orchestrators/3':
      return start(hub, endpoints, request, first!, second);
    case 'GET instances/1':
      return listInstances(hub, request);
    case 'DELETE instances/1':
      return purgeInstances(hub, request);
    case 'GET instances/2':
      return showInstance(hub, endpoints, request, first!);
    case 'DELETE instances/2':
      return purgeInstance(hub, first!);
    case 'POST instances/3':
    case 'POST instances/4':
      return manageInstance(hub, endpoints, request, first!, second!, third);
    case 'GET entities/1':
    case 'GET entities/2':
      return listEntities(hub, first);
    case 'GET entities/3':
      return getEntity(hub, first!, second!);
    case 'POST entities/3':
      return signalEntity(hub, request, first!, second!);
    case 'DELETE entities/3':
      return deleteEntity(hub, first!, second!);
    default:
      return { status: 404, body: { Message: `No such operation: ${method} ${path.join('/')}` } };
  }
}
