import { NetworkManagementClient } from '@azure/arm-network';
import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import type { OrchestrationContext } from 'durable-functions';
import { siteActivities } from '../../functions/activities/site.ts';
import { errorInfo } from '../../model/errors.ts';
import { environmentSchema, siteAt, type Environment, type Place } from '../../model/site/environment.ts';
import { homeLayout, repositoryLayout, siteKey, siteLayout } from '../../model/site/layout.ts';
import { neededPieces } from '../../model/site/pieces.ts';
import type { Piece } from '../../model/site/piece.ts';
import type { DataPlane } from '../../sandbox/storage/dataPlane.ts';
import { storageProvider } from '../../sandbox/storage/provider/index.ts';
import { createSecrets } from '../../sandbox/storage/secrets.ts';
import { createKeyVault } from '../../sandbox/keyvault/index.ts';
import { SUBSCRIPTION, startWorld, type ComputeWorld } from '../sandbox/compute/world.ts';
import { DurableStage } from './durableStage.ts';
import { localAppliance, type LocalAppliance } from './localAppliance.ts';

export const home: Place = { subscriptionId: SUBSCRIPTION, region: 'westeurope' };
export const other: Place = { subscriptionId: SUBSCRIPTION, region: 'northeurope' };

/** An environment of two sites and a repository; the second site is made at run time. */
export function environmentOf(changes: object = {}): Environment {
  return environmentSchema.parse({
    appliance: 'strongroom',
    home,
    sites: [{ ...other, declared: false }],
    repositories: [{ name: 'main', region: 'westeurope' }],
    disksInParallel: 2,
    ...changes,
  });
}

/** Contents are no matter here: containers and queues are ARM's word alone. */
const noData: DataPlane = {
  create: async () => ({ status: 201 }),
  remove: async () => ({ status: 204 }),
  empty: async () => undefined,
  isEmpty: async () => true,
  send: async () => ({ status: 200, headers: {}, body: '' }),
};

/** A request that does not reach Resource Manager. `error`: the network fails. */
interface Interception {
  method: string;
  url: RegExp;
  status: number;
  error: { code: string; message: string };
  /** How often; every time when absent. */
  times?: number;
}

/** The activities of a site over the local Azure's Resource Manager, with what the Pulumi program made before. */
export interface SiteWorld extends ComputeWorld {
  appliance: LocalAppliance;
  /** Answers in Resource Manager's place. */
  intercept: Interception[];
  environment: Environment;
  piece(place: Place, key: string): Piece;
  /** Answers for a stage: the real activities, one after the other as the stage calls them. */
  activities: ReturnType<typeof siteActivities>;
}

export async function startSiteWorld(environment = environmentOf()): Promise<SiteWorld> {
  const world = await startWorld();
  const { arm } = world;
  arm.settings.limits.reads.perSecond = 10_000; // the stage's clock leaps, the world's does not
  arm.register(storageProvider({ secrets: createSecrets(arm.world), dataPlane: noData }));
  const tokens = { issue: () => ({ token: '', expiresOn: 0 }), verify: () => undefined };
  arm.register(createKeyVault({ world: arm.world, tokens }).provider);
  const layout = homeLayout(environment);
  const groups = [home, other].map((place) => siteLayout(siteKey(environment, place)).resourceGroup);
  for (const { id, name } of [...groups, layout.repositoriesGroup]) {
    const location = name.replace('strongroom-', '').replace('repositories', 'westeurope');
    arm.world.store.put({ id, name, type: 'Microsoft.Resources/resourceGroups', location, properties: {} });
  }
  const intercept: Interception[] = [];
  const { credential, options } = world.access;
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const met = intercept.find(
        ({ method, url, times = 1 }) => times > 0 && method === request.method && url.test(request.url),
      );
      if (!met) return options.httpClient.sendRequest(request);
      if (met.times !== undefined) met.times--;
      if (met.status === 0) throw new Error(met.error.message);
      const bodyAsText = JSON.stringify({ error: met.error });
      return { request, status: met.status, headers: createHttpHeaders(), bodyAsText };
    },
  };
  const appliance = { ...localAppliance({ ...world, access: { credential, options: { httpClient } } }), environment };
  const repositories = environment.repositories.map(
    (repository) => repositoryLayout(siteKey(environment, home), repository).account,
  );
  for (const { id, name } of [layout.hostAccount, ...repositories]) {
    arm.world.store.put({ id, name, type: 'Microsoft.Storage/storageAccounts', location: home.region, properties: {} });
  }
  for (const { id, name, type } of [
    { ...layout.vault, type: 'Microsoft.KeyVault/vaults' },
    { ...layout.functionApp, type: 'Microsoft.Web/sites' },
  ]) {
    arm.world.store.put({ id, name, type, location: home.region, properties: {} });
  }
  const network = new NetworkManagementClient(credential, SUBSCRIPTION, options);
  const group = layout.resourceGroup.name;
  const deployers = neededPieces(environment, siteAt(environment, home)).filter(({ owner }) => owner === 'deployer');
  for (const { kind, id, settings } of deployers) {
    const name = id.split('/').at(-1)!;
    if (kind === 'publicIPAddress') await network.publicIPAddresses.createOrUpdate(group, name, settings);
    if (kind === 'natGateway') await network.natGateways.createOrUpdate(group, name, settings);
  }
  return {
    ...world,
    appliance,
    intercept,
    environment,
    piece: (place, key) => neededPieces(environment, siteAt(environment, place)).find((each) => each.key === key)!,
    activities: siteActivities(appliance),
  };
}

/**
 * Plays a part of an orchestration with real activities, as Durable does: from the start again after each answer, with the
 * answers so far.
 */
export async function replayed(
  part: (context: OrchestrationContext) => Generator,
  input: { session: string },
  activities: Record<string, (input: never) => Promise<unknown>>,
): Promise<DurableStage> {
  const answers: unknown[] = [];
  for (;;) {
    let next = 0;
    let asked: { name: string; input: unknown } | undefined;
    const answer = (name: string) => (given: unknown) => {
      if (next < answers.length) return answers[next++];
      asked ??= { name, input: given };
      throw new Error('not answered yet');
    };
    const stage = new DurableStage(Object.fromEntries(Object.keys(activities).map((name) => [name, answer(name)])));
    let error: unknown;
    try {
      stage.play(part, input.session, input);
    } catch (thrown) {
      error = thrown;
    }
    if (asked) {
      answers.push(await outcome(activities[asked.name]!(asked.input as never)));
    } else if (error) throw error as Error;
    else return stage;
  }
}

async function outcome<T>(task: Promise<T>): Promise<T | { failWith: object }> {
  try {
    return await task;
  } catch (error) {
    return { failWith: errorInfo(error) };
  }
}
