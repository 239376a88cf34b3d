import type { ArmResource } from '../sandbox/arm/types.ts';
import { applyScenario, type Read, type Scenario } from '../sandbox/scenario/index.ts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../sandbox/index.ts';
import { deployAppliance, region, type Deployment, type StackConfig } from './deployment.ts';
import { addMachine, usualData, type DemoMachine } from './machine.ts';

/** A local Azure with a machine to protect and the appliance running in it. */
export interface World extends Deployment {
  sandbox: Sandbox;
  machine: DemoMachine;
  stop(): Promise<void>;
}

export interface WorldOptions extends Pick<SandboxOptions, 'grants' | 'subscriptions'> {
  record?: string;
  /** Images that become data disks of the machine. */
  diskFiles?: string[];
  /** Bytes of data on the machine's own three disks. */
  data?: [number, number, number];
  config?: StackConfig;
  /** Makes what was there before the stack; gives more of its configuration. */
  prepare?: (sandbox: Sandbox) => Promise<StackConfig>;
  say?: (line: string) => void;
  /** Ends the world, also one that is still being set up. */
  signal?: AbortSignal;
}

/** Starts the local Azure, declares the environment with the Pulumi program, deploys and starts the appliance. */
export async function startWorld({
  record,
  grants,
  subscriptions,
  diskFiles = [],
  data = usualData,
  config,
  prepare,
  say = () => {},
  signal,
}: WorldOptions = {}): Promise<World> {
  const sandbox = await startSandbox({ record, signal, subscriptions, ...(grants && { grants }) });
  return orStop(sandbox, async () => {
    say(`Local Azure: ${sandbox.operator.proxyUrl} (files in ${sandbox.dir})`);
    const prepared = await prepare?.(sandbox);
    const [machine, deployment] = await Promise.all([
      addMachine(sandbox, { region, diskFiles, data }),
      deployAppliance(sandbox, signal, { ...config, ...prepared }),
    ]);
    return { sandbox, machine, ...deployment, stop: () => sandbox.stop() };
  });
}

/** Less data than the tour's, so that the world is there at once. */
const quickData: [number, number, number] = [64 * 2 ** 20, 32 * 2 ** 20, 16 * 2 ** 20];

/** A local Azure as `npm run sandbox` gives it. */
export interface OpenWorld {
  sandbox: Sandbox;
  /** The first machine that there is, if any. */
  machineId?: string;
  appliance?: Deployment;
  /** Whether its scenario made it; false: the state folder held a world already. */
  isNew: boolean;
  stop(): Promise<void>;
}

/** Starts the local Azure, or opens the one that a state folder keeps, with what a scenario says and the appliance. */
export async function openWorld(options: {
  scenario: { read: Read<Scenario>; file: string } | undefined;
  /** Without the appliance; without a scenario too, the world is empty. */
  bare: boolean;
  state: string | undefined;
  record: string | undefined;
  /** Called when the local Azure answers; what the scenario says and the appliance come after. */
  onAzure: (sandbox: Sandbox) => Promise<void>;
  signal: AbortSignal;
}): Promise<OpenWorld> {
  const { scenario, bare, state, record, onAzure, signal } = options;
  const subscriptions = scenario?.read.value.subscriptions?.map(({ id, name }) => ({
    subscriptionId: id,
    displayName: name,
  }));
  const sandbox = await startSandbox({ record, signal, state, subscriptions });
  return orStop(sandbox, async () => {
    await onAzure(sandbox);
    const isNew = !scenario || (await applyScenario(sandbox, scenario.read, scenario.file));
    const [appliance] = await Promise.all([
      bare ? undefined : deployAppliance(sandbox, signal, sitesOf(sandbox, machines(sandbox))),
      scenario || bare ? undefined : addMachine(sandbox, { region, diskFiles: [], data: quickData }),
    ]);
    const [machine] = machines(sandbox);
    return { sandbox, machineId: machine?.id, appliance, isNew, stop: () => sandbox.stop() };
  });
}

/** The machines that there are to protect: all but workers, which carry the appliance's tag. */
function machines({ world }: Sandbox): ArmResource[] {
  const all = world.store.list({ type: 'Microsoft.Compute/virtualMachines' });
  return all.filter(({ tags }) => tags?.['strongroom'] === undefined);
}

/** A site wherever a machine is, beside the appliance's own: the first session there makes what it lacks. */
function sitesOf({ subscriptionId: home }: Sandbox, protectedOnes: ArmResource[]): StackConfig {
  const sites = protectedOnes
    .map(({ id, location }) => ({ subscriptionId: id.split('/')[2]!, region: location!, declared: false }))
    .filter((site) => site.subscriptionId !== home || site.region !== region);
  const different = [...new Set(sites.map((site) => JSON.stringify(site)))].sort();
  return different.length === 0 ? {} : { 'strongroom:sites': `[${different.join(',')}]` };
}

async function orStop<T>(sandbox: Sandbox, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}
