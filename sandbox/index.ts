import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createArm } from './arm/index.ts';
import type { ArmWorld } from './arm/types.ts';
import { createClient, type Client } from './client.ts';
import { createCompute, type Compute } from './compute/index.ts';
import { createClock } from './core/clock.ts';
import { createFaults, type Faults } from './core/faults.ts';
import { openState } from './core/state.ts';
import type { CallerPort, Clock, Service } from './core/types.ts';
import { startEdge } from './edge/index.ts';
import { worldFolder } from './folder.ts';
import { createSiteService, startFunctionsHost, type FunctionsHost } from './functions-host/index.ts';
import { assignedIdentity } from './identities.ts';
import { createKeyVault } from './keyvault/index.ts';
import { applyProgram, type Applied, type ProgramRequest } from './pulumi/index.ts';
import { startStorage } from './storage/index.ts';

export interface SandboxOptions {
  /** Folder of the world's files; a new one in the system's temporary folder when absent. Removed by `stop`. */
  dir?: string;
  /** Folder that keeps the world between runs: resources, contents, histories, certificates. `stop` leaves it. */
  state?: string;
  /** File that gets one JSON line per ARM exchange, secrets masked. */
  record?: string;
  subscriptions?: { subscriptionId: string; displayName: string }[];
  /** Ends the world, also one that is still being started. */
  signal?: AbortSignal;
}

/** A deployed Function app whose host runs. */
export interface RunningApp {
  /** Where its host keeps histories and its log. */
  stateDir: string;
  logFile: string;
  /** Ends the host process as `kill -9` does. */
  kill(): Promise<void>;
  /** Starts the host again, on the same histories and with the app settings of the moment. */
  restart(): Promise<void>;
}

/** A running local Azure. */
export interface Sandbox {
  dir: string;
  caFile: string;
  tenantId: string;
  subscriptionId: string;
  clock: Clock;
  faults: Faults;
  world: ArmWorld;
  disks: Compute['disks'];
  /** Proxy and environment of the person at the terminal, and of the one who deploys. */
  operator: CallerPort;
  deployer: CallerPort;
  /** Sends HTTP as the operator. */
  client: Client;
  /** Adds a service to the world's edge. */
  use(service: Service): void;
  /** Evaluates a Pulumi program and creates its resources, as the deployer. */
  apply(program: ProgramRequest): Promise<Applied>;
  /** Deploys a built app (a folder) to a web app that exists in ARM, and starts its host. */
  startApp(siteId: string, folder: string): Promise<RunningApp>;
  /** Ends every process and removes every file of the world; resolves when that is done, however often it is called. */
  stop(): Promise<void>;
}

const tenantId = '7a1c7c7e-3f0b-4d0e-9b57-5d1f0a6f2c11';
const subscription = { subscriptionId: '4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10', displayName: 'Local subscription' };

/**
 * Starts a local Azure: nothing in it but its subscriptions.
 * @throws the signal's reason when it is aborted before the world is there
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const state = openState(options.state);
  const dir = options.state ?? options.dir ?? (await worldFolder());
  const subscriptions = options.subscriptions ?? [subscription];
  const clock = createClock();
  const faults = createFaults();
  const stops: (() => Promise<unknown> | void)[] = [() => state.close()];
  if (options.state === undefined) stops.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const ending = new AbortController();
  let ended: Promise<void> | undefined;
  const end = async () => {
    ending.abort(new Error('The local Azure is being stopped.'));
    const failures: unknown[] = [];
    for (const stopPart of stops.reverse()) {
      // One part that cannot be ended must not leave the others behind.
      await Promise.resolve()
        .then(stopPart)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  const stop = () => (ended ??= end());
  const { signal } = options;
  try {
    const edge = await startEdge({
      clock,
      dir: join(dir, 'edge'),
      tenantId,
      faults,
      principalOf: (caller, selector) => assignedIdentity(arm, caller, selector),
      record: options.record,
    });
    stops.push(() => edge.stop());
    signal?.throwIfAborted();
    const { tokens } = edge;
    const arm = createArm({ clock, tokens, tenantId, subscriptions, seed: 'local', state, faults });
    const { world } = arm;
    const storage = await startStorage({ world, tokens, dir: join(dir, 'storage'), guestEnv: edge.guestEnv });
    stops.push(() => storage.stop());
    signal?.throwIfAborted();
    const keyVault = createKeyVault({ world, tokens });
    const compute = createCompute({ world, dir: join(dir, 'compute'), edge });
    stops.push(() => compute.stop());
    const apps = new Map<string, FunctionsHost>();
    /** Hosts that are being started: they are waited for before the running ones are stopped. */
    const starting = new Set<Promise<void>>();
    stops.push(async () => {
      await Promise.allSettled(starting);
      await Promise.all([...apps.values()].map((host) => host.stop()));
    });
    const sites = createSiteService({
      tokens,
      store: world.store,
      hostUrl: (site) => apps.get(site.toLowerCase())?.url,
    });

    for (const { provider } of [storage, keyVault, compute]) arm.register(provider);
    for (const service of [arm.service, storage.service, keyVault.service, compute.service, sites]) edge.use(service);
    const [operator, deployer] = await Promise.all([
      edge.open({ id: 'operator', kind: 'operator' }),
      edge.open({ id: 'deployer', kind: 'deployer' }),
    ]);
    const client = createClient(operator, await readFile(edge.caFile, 'utf8'), clock);
    stops.push(() => client.close());
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => void stop().catch(() => {}), { once: true });

    return {
      dir,
      caFile: edge.caFile,
      tenantId,
      subscriptionId: subscriptions[0]!.subscriptionId,
      clock,
      faults,
      world,
      disks: compute.disks,
      operator,
      deployer,
      client,
      use: edge.use,
      apply: (program) => applyProgram({ ...program, env: deployer.env, signal: ending.signal }),
      async startApp(siteId, folder) {
        const site = world.store.require(siteId);
        const home = join(dir, 'apps', site.name);
        const port = await edge.open({
          id: `functions:${site.name.toLowerCase()}`,
          kind: 'functions',
          resourceId: site.id,
        });
        await mkdir(join(home, 'state'), { recursive: true });
        await cp(folder, join(home, 'package'), { recursive: true });
        const logFile = join(home, 'host.log');
        const key = site.name.toLowerCase();
        const launch = async () => {
          await apps.get(key)?.stop();
          const settings = world.store.require(`${siteId}/config/appsettings`).properties as Record<string, string>;
          const host = await startFunctionsHost({
            directory: join(home, 'package'),
            stateDir: join(home, 'state'),
            env: { ...port.env, ...settings },
            clock,
            logFile,
          });
          apps.set(key, host);
        };
        const start = async () => {
          ending.signal.throwIfAborted();
          const started = launch();
          starting.add(started);
          await started.finally(() => starting.delete(started));
        };
        await start();
        return {
          stateDir: join(home, 'state'),
          logFile,
          kill: async () => apps.get(key)?.kill(),
          restart: start,
        };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
