import { join } from 'node:path';
import { environmentSchema, siteAt, type Environment } from '../model/site/environment.ts';
import { applianceLayout, type ApplianceLayout } from '../model/site/layout.ts';
import { siteNetwork } from '../model/site/network.ts';
import type { Client } from '../sandbox/client.ts';
import type { CallerPort } from '../sandbox/core/types.ts';
import { fingerprint } from '../sandbox/fingerprint.ts';
import type { RunningApp, Sandbox } from '../sandbox/index.ts';
import type { ProgramRequest } from '../sandbox/pulumi/index.ts';
import { Appliance } from './appliance.ts';

const root = join(import.meta.dirname, '..');
export const region = 'westeurope';
const name = 'strongroom';
/** Stands for the Entra application of the API. */
const apiClientId = '5a0a7b0e-6f0d-4c0c-9a53-3f4cf2f5a7d1';

/** The appliance running in a local Azure. */
export interface Deployment {
  layout: ApplianceLayout;
  /** As the appliance reads it from its settings. */
  environment: Environment;
  app: RunningApp;
  appliance: Appliance;
  /** The operator, connected to the appliance's network: accounts without public access are reached from there only. */
  inside: { port: CallerPort; client: Client };
  apiUrl: string;
  apiAudience: string;
  /** How many were declared. */
  resources: number;
}

/** Keys of the stack's configuration beside the usual ones: `strongroom:network` and so on. */
export type StackConfig = Record<string, string>;

/** What the Pulumi program gave, as the world keeps it. */
interface Declared {
  outputs: Record<string, string>;
  resources: number;
  /** Tells the program and its configuration from others. */
  from?: string;
}

/**
 * Declares the environment with the Pulumi program, unless this world has it already as the program would have it;
 * deploys and starts the appliance.
 */
export async function deployAppliance(
  sandbox: Sandbox,
  signal?: AbortSignal,
  config: StackConfig = {},
): Promise<Deployment> {
  const { outputs, resources } = await declare(sandbox, config);
  const { apiUrl, apiAudience, functionAppId } = outputs;
  const app = await sandbox.startApp(functionAppId!, join(root, 'dist/functions'));
  const appliance = new Appliance(sandbox.client, apiUrl!, apiAudience!);
  await appliance.ready(signal);
  const layout = applianceLayout({ appliance: name, subscriptionId: sandbox.subscriptionId, region });
  const environment = environmentOf(sandbox, layout);
  const { subnets } = siteNetwork(environment, siteAt(environment, environment.home));
  const inside = await sandbox.connect(subnets.endpoints);
  return { layout, environment, app, appliance, inside, apiUrl: apiUrl!, apiAudience: apiAudience!, resources };
}

function environmentOf(sandbox: Sandbox, { functionApp }: ApplianceLayout): Environment {
  const settings = sandbox.world.store.require(`${functionApp.id}/config/appsettings`).properties;
  return environmentSchema.parse(JSON.parse(settings!.STRONGROOM_ENVIRONMENT as string));
}

/** The Pulumi program with the configuration of the appliance's stack and more. */
export function stackOf({ subscriptionId, tenantId }: Sandbox, more: StackConfig = {}): ProgramRequest {
  return {
    program: join(root, 'infra/index.ts'),
    project: 'strongroom',
    stack: 'demo',
    config: {
      'azure-native:subscriptionId': subscriptionId,
      'azure-native:tenantId': tenantId,
      'strongroom:name': name,
      'strongroom:region': region,
      'strongroom:apiClientId': apiClientId,
      // The operator's, whom the local Azure takes for someone on the internet.
      'strongroom:apiAllowedAddresses': '["203.0.113.10/32"]',
      ...more,
    },
  };
}

async function declare(sandbox: Sandbox, more: StackConfig): Promise<Declared> {
  const stack = stackOf(sandbox, more);
  const sources = await Promise.all(['infra', 'model'].map((folder) => fingerprint(join(root, folder))));
  const from = [...sources, JSON.stringify(stack.config)].join(' ');
  const kept = sandbox.world.state.map<Declared>('demo.declared');
  const last = kept.get(name);
  // A world that was kept before stacks were remembered cannot be updated, only gone on with.
  if (last && (last.from ?? from) === from) return last;
  const { outputs, resources } = await sandbox.apply(stack);
  const declared = { outputs: outputs as Record<string, string>, resources: resources.length, from };
  kept.set(name, declared);
  return declared;
}
