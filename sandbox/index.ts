import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createApps, type RunningApp } from './apps.ts';
import type { Access } from './arm/access/contract.ts';
import { seedRoles, type RoleSeed } from './arm/access/seed.ts';
import { createArm, type Arm } from './arm/index.ts';
import type { ArmWorld } from './arm/types.ts';
import { createClient, type Client } from './client.ts';
import { createCompute, type Compute, type ComputeLimits } from './compute/index.ts';
import { createClock } from './core/clock.ts';
import { createFaults, type Faults } from './core/faults.ts';
import { openState } from './core/state.ts';
import type { CallerPort, Clock, Principal, Service } from './core/types.ts';
import { people, startEdge, type Application } from './edge/index.ts';
import { createEnding } from './ending.ts';
import { worldFolder } from './folder.ts';
import { createSiteService, siteFunctionsProvider } from './functions-host/index.ts';
import { assignedIdentity } from './identities.ts';
import { instanceDocument } from './instance.ts';
import { createKeyVault } from './keyvault/index.ts';
import { createKiller } from './killer.ts';
import { createNetwork } from './network/index.ts';
import {
  applyProgram,
  importIntoStack,
  type Applied,
  type ImportRequest,
  type Kept,
  type ProgramRequest,
} from './pulumi/index.ts';
import { createSql, type SqlSettings } from './sql/index.ts';
import { startStorage } from './storage/index.ts';

export type { RunningApp } from './apps.ts';
export { StateError } from './core/state.ts';

export interface SandboxOptions {
  /** Folder of the world's files; a new one in the system's temporary folder when absent. Removed by `stop`. */
  dir?: string;
  /** Folder that keeps the world between runs: resources, contents, histories, certificates. `stop` leaves it. */
  state?: string;
  /** File to which one JSON line per ARM exchange is appended, secrets masked. */
  record?: string;
  /**
   * File to which a JSON line is appended the first time that a principal needs an action on a kind of scope. None: the one
   * that the environment names in SANDBOX_DEMANDS, to which all worlds of a run of tests may append.
   */
  demands?: string;
  /** Roles that people hold beside `Owner` of each subscription, which grants no data action. No scope: each subscription. */
  grants?: { to: 'operator' | 'deployer'; role: string; scope?: string }[];
  /** Of a new world; a reopened one has those that it had. */
  subscriptions?: Subscription[];
  /** Microsoft.Compute's limits, quotas and shortages, where they differ from Azure's. `settings.compute` turns them later. */
  limits?: Partial<ComputeLimits>;
  /** Ends the world, also one that is still being started. */
  signal?: AbortSignal;
}

export interface Subscription {
  subscriptionId: string;
  displayName: string;
}

/** A running local Azure. */
export interface Sandbox {
  dir: string;
  caFile: string;
  tenantId: string;
  /** The first of its subscriptions. */
  subscriptionId: string;
  clock: Clock;
  faults: Faults;
  world: ArmWorld;
  /** What was needed so far, and by whom; `assign` gives a built-in role (none of that name: it throws), no scope: in each subscription. */
  access: Pick<Access, 'demanded'> & { assign(role: RoleSeed): void };
  disks: Compute['disks'];
  /** The most imports and exports of disks that went on at once. */
  exportPeaks: Compute['exportPeaks'];
  /** What may be turned at any time. */
  settings: {
    arm: Arm['settings'];
    access: Access['settings'];
    compute: Compute['limits'];
    sql: SqlSettings;
  };
  /** Proxy and environment of the person at the terminal, and of the one who deploys. */
  operator: CallerPort;
  deployer: CallerPort;
  /** Sends HTTP as the operator. */
  client: Client;
  /**
   * The operator at a machine that is connected to a subnet as over a VPN: what is private there is reached, too.
   * @throws when there is no such subnet
   */
  connect(subnetId: string): Promise<{ port: CallerPort; client: Client }>;
  /**
   * Registers an Entra application: it may sign in with its secret or certificate, and has no roles. Gives its principal.
   * @throws when its certificate is none
   */
  register(application: Application): Principal;
  /** Adds a service to the world's edge. */
  use(service: Service): void;
  /** Brings a Pulumi program about as the deployer, as `pulumi up` does; the world remembers its stacks. */
  apply(program: ProgramRequest): Promise<Applied>;
  /** Takes resources that exist into a stack, as `pulumi import --file` does; resolves with their URNs. */
  importResources(request: ImportRequest): Promise<string[]>;
  /**
   * Deploys a built app (a folder) to a web app that exists in ARM, and starts its host. A host that runs that very
   * package already, since the world was reopened, goes on.
   */
  startApp(siteId: string, folder: string): Promise<RunningApp>;
  /** Ends every process and removes every file of the world; resolves when that is done, however often it is called. */
  stop(): Promise<void>;
}

const tenantId = '7a1c7c7e-3f0b-4d0e-9b57-5d1f0a6f2c11';
/** In Azure, too, somebody made the subscription. */
const owners = Object.values(people).map((to) => ({ to, role: 'Owner' }));
const subscription = { subscriptionId: '4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10', displayName: 'Local subscription' };

/**
 * Starts a local Azure: a new one with nothing in it but its subscriptions, or the one that the state folder keeps.
 * @throws StateError when the state folder cannot be used
 * @throws the signal's reason when it is aborted before the world is there
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const state = openState(options.state);
  // Children work in folders of their own: a relative path would be another one there.
  const dir = resolve(options.state ?? options.dir ?? (await worldFolder()));
  const kept = state.map<Subscription[]>('subscriptions');
  const subscriptions = kept.get('all') ?? options.subscriptions ?? [subscription];
  kept.set('all', subscriptions);
  const clock = createClock(state.map('clock'));
  const killer = createKiller();
  const faults = createFaults(killer.kill);
  const ending = createEnding();
  ending.also(() => state.close());
  if (options.state === undefined) ending.also(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const { signal } = options;
  try {
    const edge = await startEdge({
      clock,
      dir: join(dir, 'edge'),
      tenantId,
      faults,
      principalOf: (caller, selector) => assignedIdentity(arm, caller, selector),
      instanceOf: (caller) => instanceDocument(arm.world, caller),
      wayTo: (caller, target) => network.wayTo(caller, target),
      resolve: (caller, host, answered) => network.resolve(caller, host, answered),
      record: options.record,
      state,
    });
    ending.also(() => edge.stop());
    signal?.throwIfAborted();
    const { tokens } = edge;
    const arm = createArm({
      clock,
      tokens,
      tenantId,
      subscriptions,
      seed: 'local',
      state,
      faults,
      roles: [...owners, ...(options.grants ?? []).map((grant) => ({ ...grant, to: people[grant.to] }))],
      principals: (objectId) =>
        Object.values(people).find((one) => one.objectId === objectId) ?? edge.application(objectId),
      demands: options.demands ?? process.env.SANDBOX_DEMANDS,
    });
    // What is under way comes to its end, or fails, before the state is closed.
    ending.also(() => arm.idle());
    const { world } = arm;
    const network = createNetwork(world);
    const storage = await startStorage({ world, tokens, dir: join(dir, 'storage'), guestEnv: edge.guestEnv });
    ending.also(() => storage.stop());
    signal?.throwIfAborted();
    const keyVault = createKeyVault({ world, tokens });
    const sql = createSql(world);
    ending.also(() => sql.stop());
    const compute = createCompute({ world, tokens, dir: join(dir, 'compute'), edge, limits: options.limits });
    ending.also(() => compute.stop());
    const apps = createApps({ world, dir: join(dir, 'apps'), open: edge.open, signal: ending.signal });
    ending.also(() => apps.stop());
    killer.use({ world, machines: compute.machines, apps });
    const sites = createSiteService({ tokens, store: world.store, hostUrl: (site) => apps.host(site)?.url });

    for (const { provider } of [storage, keyVault, compute, sql]) arm.register(provider);
    arm.register(siteFunctionsProvider(apps.host));
    for (const service of [arm.service, storage.service, keyVault.service, compute.service, sites]) edge.use(service);
    const [operator, deployer] = await Promise.all([
      edge.open({ id: 'operator', kind: 'operator' }),
      edge.open({ id: 'deployer', kind: 'deployer' }),
    ]);
    const ca = await readFile(edge.caFile, 'utf8');
    const clientOf = (port: CallerPort) => {
      const client = createClient(port, ca, clock);
      ending.also(() => client.close());
      return client;
    };
    const client = clientOf(operator);
    const connect = async (subnetId: string) => {
      world.store.require(subnetId);
      const port = await edge.open({ id: `operator@${subnetId}`, kind: 'operator', resourceId: subnetId });
      return { port, client: clientOf(port) };
    };
    const applier = { env: deployer.env, memory: state.map<Kept>('pulumi.stacks'), signal: ending.signal };
    await compute.resume();
    await apps.reopen();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => void ending.end().catch(() => {}), { once: true });

    return {
      dir,
      caFile: edge.caFile,
      tenantId,
      subscriptionId: subscriptions[0]!.subscriptionId,
      clock,
      faults,
      world,
      access: {
        demanded: () => world.access.demanded(),
        assign: (role) => seedRoles(world.store, clock, [role]),
      },
      disks: compute.disks,
      exportPeaks: compute.exportPeaks,
      settings: {
        arm: arm.settings,
        access: world.access.settings,
        compute: compute.limits,
        sql: sql.settings,
      },
      operator,
      deployer,
      client,
      connect,
      register: edge.register,
      use: edge.use,
      apply: (program) => applyProgram(applier, program),
      importResources: (request) => importIntoStack(applier, request),
      startApp: apps.deploy,
      stop: ending.end,
    };
  } catch (error) {
    await ending.end();
    throw error;
  }
}
