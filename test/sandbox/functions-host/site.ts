import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArm, type Arm } from '../../../sandbox/arm/index.ts';
import { createClock } from '../../../sandbox/core/clock.ts';
import { createFaults } from '../../../sandbox/core/faults.ts';
import type { Clock } from '../../../sandbox/core/types.ts';
import { people, startEdge, type Edge } from '../../../sandbox/edge/index.ts';
import {
  createSiteService,
  siteFunctionsProvider,
  startFunctionsHost,
  type FunctionsHost,
} from '../../../sandbox/functions-host/index.ts';
import { startStorage } from '../../../sandbox/storage/index.ts';
import { runModule } from '../edge/child.ts';
import { appDirectory } from './world.ts';

const SUBSCRIPTION = '44444444-4444-4444-8444-444444444444';
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;
export const SITE = `${GROUP}/providers/Microsoft.Web/sites/shop`;
const APP = { objectId: 'o-app', clientId: 'c-app', kind: 'ServicePrincipal', displayName: 'the app' } as const;

/** A host of one of the apps here as `shop.azurewebsites.net`, with a storage account that has a queue `orders`. */
export interface Site {
  directory: string;
  clock: Clock;
  edge: Edge;
  arm: Arm;
  host: FunctionsHost;
  /** The operator's environment. */
  operator: Record<string, string>;
  /** The host's log file. */
  log: string;
  /** Starts the host again, on the same state. */
  restart(): Promise<void>;
  /** Runs code of a client with the operator's identity: `credential`, `service` (queues); what it puts into `result`. */
  asOperator(source: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** @param setClock moves the clock before the host starts */
export async function startSite(
  app: string,
  env: (directory: string) => Record<string, string>,
  setClock: (clock: Clock) => void = () => undefined,
): Promise<Site> {
  const directory = mkdtempSync(join(tmpdir(), 'site-'));
  const clock = createClock();
  const edge = await startEdge({
    clock,
    dir: directory,
    tenantId: 't',
    principalOf: () => APP,
    faults: createFaults(),
  });
  const { tokens } = edge;
  const subscriptions = [{ subscriptionId: SUBSCRIPTION, displayName: 'one' }];
  const arm = createArm({
    clock,
    tokens,
    tenantId: 't',
    subscriptions,
    seed: 'site',
    roles: [
      { to: people.operator, role: 'Owner' },
      ...[people.operator, APP].map((to) => ({ to, role: 'Storage Queue Data Contributor' })),
    ],
  });
  const { store } = arm.world;
  const storage = await startStorage({ world: arm.world, tokens, dir: directory, guestEnv: edge.guestEnv });
  arm.register(storage.provider);
  arm.register(siteFunctionsProvider((name) => (name === 'shop' ? site.host : undefined)));
  edge.use(arm.service);
  edge.use(storage.service);
  const hostUrl = (name: string) => (name === 'shop' ? site.host.url : undefined);
  edge.use(createSiteService({ tokens, store, hostUrl }));
  store.put({ id: GROUP, name: 'rg', type: 'Microsoft.Resources/resourceGroups', location: 'westeurope' });
  store.put({ id: SITE, name: 'shop', type: 'Microsoft.Web/sites', location: 'westeurope' });
  const { env: operator } = await edge.open({ id: 'operator', kind: 'operator' });
  const asOperator = (source: string) =>
    runModule(
      `import { ManagedIdentityCredential } from '@azure/identity';
       import { QueueServiceClient } from '@azure/storage-queue';
       const credential = new ManagedIdentityCredential();
       const service = new QueueServiceClient('https://shopaccount.queue.core.windows.net', credential);
       let result = 0;
       ${source}
       console.log(JSON.stringify(result));`,
      operator,
    );
  await asOperator(`
    const { StorageManagementClient } = await import('@azure/arm-storage');
    await new StorageManagementClient(credential, '${SUBSCRIPTION}').storageAccounts.create('rg', 'shopaccount',
      { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
    await service.createQueue('orders');`);
  const caller = await edge.open({ id: 'functions:shop', kind: 'functions', resourceId: SITE });
  const log = join(directory, 'host.log');
  setClock(clock);
  const start = () =>
    startFunctionsHost({
      directory: appDirectory(app),
      stateDir: join(directory, 'state'),
      clock,
      logFile: log,
      env: {
        ...caller.env,
        WEBSITE_HOSTNAME: 'shop.azurewebsites.net',
        ORDERS_QUEUE: 'orders',
        Orders__queueServiceUri: 'https://shopaccount.queue.core.windows.net',
        Orders__credential: 'managedidentity',
        Orders__clientId: APP.clientId,
        ...env(directory),
      },
    });
  const site: Site = {
    directory,
    clock,
    edge,
    arm,
    operator,
    log,
    host: await start(),
    async restart() {
      await site.host.kill();
      site.host = await start();
    },
    asOperator,
    async stop() {
      await site.host.stop();
      await edge.stop();
      await storage.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return site;
}
