import { join } from 'node:path';
import { applianceLayout, type ApplianceLayout } from '../model/site.ts';
import { startSandbox, type RunningApp, type Sandbox } from '../sandbox/index.ts';
import { Appliance } from './appliance.ts';
import { addMachine, usualData, type DemoMachine } from './machine.ts';

const root = join(import.meta.dirname, '..');
const region = 'westeurope';
const name = 'strongroom';
/** Stands for the Entra application of the API. */
const apiClientId = '5a0a7b0e-6f0d-4c0c-9a53-3f4cf2f5a7d1';

/** A local Azure with a machine to protect and the appliance running in it. */
export interface World {
  sandbox: Sandbox;
  machine: DemoMachine;
  layout: ApplianceLayout;
  app: RunningApp;
  appliance: Appliance;
  apiUrl: string;
  apiAudience: string;
  resources: number;
  stop(): Promise<void>;
}

export interface WorldOptions {
  record?: string;
  /** Images that become data disks of the machine. */
  diskFiles?: string[];
  /** Bytes of data on the machine's own three disks. */
  data?: [number, number, number];
  say?: (line: string) => void;
  /** Ends the world, also one that is still being set up. */
  signal?: AbortSignal;
}

/** Starts the local Azure, declares the environment with the Pulumi program, deploys and starts the appliance. */
export async function startWorld({
  record,
  diskFiles = [],
  data = usualData,
  say = () => {},
  signal,
}: WorldOptions = {}): Promise<World> {
  const sandbox = await startSandbox({ record, signal });
  try {
    say(`Local Azure: ${sandbox.operator.proxyUrl} (files in ${sandbox.dir})`);
    const machine = await addMachine(sandbox, { region, diskFiles, data });
    const { subscriptionId, tenantId } = sandbox;
    const { outputs, resources } = await sandbox.apply({
      program: join(root, 'infra/index.ts'),
      project: 'strongroom',
      stack: 'demo',
      config: {
        'azure-native:subscriptionId': subscriptionId,
        'azure-native:tenantId': tenantId,
        'strongroom:name': name,
        'strongroom:region': region,
        'strongroom:apiClientId': apiClientId,
      },
    });
    const { apiUrl, apiAudience, functionAppId } = outputs as Record<string, string>;
    const app = await sandbox.startApp(functionAppId!, join(root, 'dist/functions'));
    const appliance = new Appliance(sandbox.client, apiUrl!, apiAudience!);
    await appliance.ready(signal);
    return {
      sandbox,
      machine,
      layout: applianceLayout({ appliance: name, subscriptionId, region }),
      app,
      appliance,
      apiUrl: apiUrl!,
      apiAudience: apiAudience!,
      resources: resources.length,
      stop: () => sandbox.stop(),
    };
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}
