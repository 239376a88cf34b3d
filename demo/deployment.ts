import { join } from 'node:path';
import { applianceLayout, type ApplianceLayout } from '../model/site/layout.ts';
import type { RunningApp, Sandbox } from '../sandbox/index.ts';
import { Appliance } from './appliance.ts';

const root = join(import.meta.dirname, '..');
export const region = 'westeurope';
const name = 'strongroom';
/** Stands for the Entra application of the API. */
const apiClientId = '5a0a7b0e-6f0d-4c0c-9a53-3f4cf2f5a7d1';

/** The appliance running in a local Azure. */
export interface Deployment {
  layout: ApplianceLayout;
  app: RunningApp;
  appliance: Appliance;
  apiUrl: string;
  apiAudience: string;
  /** How many were declared. */
  resources: number;
}

/** What the Pulumi program gave, as the world keeps it. */
interface Declared {
  outputs: Record<string, string>;
  resources: number;
}

/** Declares the environment with the Pulumi program, unless this world has it already; deploys and starts the appliance. */
export async function deployAppliance(sandbox: Sandbox, signal?: AbortSignal): Promise<Deployment> {
  const kept = sandbox.world.state.map<Declared>('demo.declared');
  const { outputs, resources } = kept.get(name) ?? (await declare(sandbox));
  kept.set(name, { outputs, resources });
  const { apiUrl, apiAudience, functionAppId } = outputs;
  const app = await sandbox.startApp(functionAppId!, join(root, 'dist/functions'));
  const appliance = new Appliance(sandbox.client, apiUrl!, apiAudience!);
  await appliance.ready(signal);
  const layout = applianceLayout({ appliance: name, subscriptionId: sandbox.subscriptionId, region });
  return { layout, app, appliance, apiUrl: apiUrl!, apiAudience: apiAudience!, resources };
}

async function declare(sandbox: Sandbox): Promise<Declared> {
  const { outputs, resources } = await sandbox.apply({
    program: join(root, 'infra/index.ts'),
    project: 'strongroom',
    stack: 'demo',
    config: {
      'azure-native:subscriptionId': sandbox.subscriptionId,
      'azure-native:tenantId': sandbox.tenantId,
      'strongroom:name': name,
      'strongroom:region': region,
      'strongroom:apiClientId': apiClientId,
    },
  });
  return { outputs: outputs as Record<string, string>, resources: resources.length };
}
