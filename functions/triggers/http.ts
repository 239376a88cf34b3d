import { app, type HttpMethod, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { getClient, input } from 'durable-functions';
import { backupRequestSchema, parseBody, restoreRequestSchema, type Accepted } from '../../model/api.ts';
import { StrongroomError } from '../../model/errors.ts';
import { parseResourceId } from '../../model/resourceId.ts';
import type { Appliance } from '../appliance.ts';
import { durable, type Durable } from '../durable.ts';
import { guarded } from './problems.ts';
import { getSite, listSites, siteOfPath } from './sites.ts';
import { startBackup } from './startBackup.ts';
import { startCheck } from './startCheck.ts';
import { startRestore } from './startRestore.ts';

const exampleVm =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-group/providers/Microsoft.Compute/virtualMachines/my-vm';
const exampleGroup = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-group';

/** One route below /api. */
interface Route {
  name: string;
  method: HttpMethod;
  route: string;
  handle(request: HttpRequest, durable: Durable): Promise<HttpResponseInit>;
}

/** The HTTP API. Entra sign-in is App Service authentication's work, in front of it. */
export function routes(appliance: Appliance): Route[] {
  return [
    {
      name: 'postBackups',
      method: 'POST',
      route: 'backups',
      async handle(request, client) {
        const body = parseBody(await request.text(), backupRequestSchema, { resourceId: exampleVm });
        return accepted(await startBackup(appliance, client, body));
      },
    },
    {
      name: 'postRestores',
      method: 'POST',
      route: 'restores',
      async handle(request, client) {
        const example = { point: '20260101T000000Z-00000000', resourceGroupId: exampleGroup };
        return accepted(
          await startRestore(appliance, client, parseBody(await request.text(), restoreRequestSchema, example)),
        );
      },
    },
    {
      name: 'postSiteCheck',
      method: 'POST',
      route: 'sites/{subscription}/{region}/check',
      async handle({ params }, client) {
        const { subscription = '', region = '' } = params;
        return accepted(await startCheck(appliance, client, siteOfPath(appliance, subscription, region)));
      },
    },
    {
      name: 'getSessions',
      method: 'GET',
      route: 'sessions',
      handle: async () => ({ jsonBody: { value: await appliance.sessions.list() } }),
    },
    {
      name: 'getSession',
      method: 'GET',
      route: 'sessions/{id}',
      async handle({ params }) {
        const session = await appliance.sessions.find(params['id'] ?? '');
        if (!session) throw new StrongroomError('NOT_FOUND', `There is no session "${params['id']}".`);
        return { jsonBody: session };
      },
    },
    {
      name: 'getSites',
      method: 'GET',
      route: 'sites',
      handle: async () => ({ jsonBody: { value: await listSites(appliance) } }),
    },
    {
      name: 'getSite',
      method: 'GET',
      route: 'sites/{subscription}/{region}',
      handle: async ({ params }) => ({
        jsonBody: await getSite(appliance, params['subscription'] ?? '', params['region'] ?? ''),
      }),
    },
    {
      name: 'getRestorePoints',
      method: 'GET',
      route: 'restore-points',
      async handle({ query }) {
        const resourceId = query.get('resourceId');
        if (!resourceId)
          throw new StrongroomError('INVALID_INPUT', 'Say whose points: ?resourceId=<the id of a machine>.');
        return { jsonBody: { value: await appliance.points.list(parseResourceId(resourceId).id) } };
      },
    },
  ];
}

export function registerHttp(appliance: Appliance): void {
  for (const { name, method, route, handle } of routes(appliance)) {
    app.http(name, {
      methods: [method],
      route,
      authLevel: 'anonymous',
      extraInputs: [input.durableClient()],
      handler: guarded((request, context) => handle(request, durable(getClient(context)))),
    });
  }
  // Open: it tells a load balancer that the host answers, and nothing else.
  app.http('getHealth', {
    methods: ['GET'],
    route: 'health',
    authLevel: 'anonymous',
    handler: () => ({ jsonBody: { status: 'ok' } }),
  });
}

function accepted(session: string): HttpResponseInit {
  const location = `/api/sessions/${session}`;
  const jsonBody: Accepted = { id: session, session: location };
  return { status: 202, headers: { location }, jsonBody };
}
