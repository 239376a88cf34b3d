import { bodyOf, required, tracked } from '../../resource.ts';
import { ArmError, type ArmCall, type ArmReply, type ArmResource, type ResourceType } from '../../types.ts';
import { assignIdentity } from '../managedIdentity/assigned.ts';
import { invalidResourceReference } from '../network/errors.ts';
import { storePublishingPolicies } from './publishingPolicies.ts';
import { planType } from './serverFarms.ts';
import { checkSettings, isFlex, storeConfig } from './siteConfig.ts';

export const siteType = 'Microsoft.Web/sites';

interface SiteConfigBody {
  appSettings?: { name: string; value: string }[];
  connectionStrings?: unknown;
  [field: string]: unknown;
}

/** `<name>.azurewebsites.net` */
export function defaultHostName(name: string): string {
  return `${name.toLowerCase()}.azurewebsites.net`;
}

function checkName(call: ArmCall, existing: ArmResource | undefined): void {
  const { name } = call.path;
  if (!/^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])$/i.test(name)) {
    throw new ArmError(400, 'BadRequest', `The parameter 'name' has an invalid value '${name}'.`);
  }
  const taken = call.world.store
    .list({ type: siteType })
    .some((site) => site.name.toLowerCase() === name.toLowerCase());
  if (taken && !existing) throw new ArmError(409, 'Conflict', `Website with given name ${name} already exists.`);
}

/** The plan and the subnet must exist. */
function checkReferences(call: ArmCall, properties: Record<string, unknown>): ArmResource {
  const { store } = call.world;
  const { serverFarmId, virtualNetworkSubnetId } = properties as {
    serverFarmId?: string;
    virtualNetworkSubnetId?: string;
  };
  const plan = store.get(required(serverFarmId, 'properties.serverFarmId'));
  if (plan?.type !== planType) {
    throw new ArmError(404, 'NotFound', `Cannot find server farm with name ${serverFarmId!.split('/').at(-1)}.`);
  }
  if (virtualNetworkSubnetId && !store.get(virtualNetworkSubnetId)) {
    throw invalidResourceReference(virtualNetworkSubnetId, call.path.id);
  }
  return plan;
}

/** The site's configurations: settings given replace those before; what is not mentioned stays. */
function storeConfigs(call: ArmCall, existing: ArmResource | undefined, config: SiteConfigBody, flex: boolean): void {
  const { store } = call.world;
  const { id } = call.path;
  const { appSettings, connectionStrings: _secret, ...web } = config;
  const settings = appSettings && Object.fromEntries(appSettings.map(({ name, value }) => [name, value]));
  if (settings) checkSettings(settings, flex);
  const before = store.get(`${id}/config/web`)?.properties;
  storeConfig(store, id, 'web', { ...before, ...web });
  if (settings || !existing) storeConfig(store, id, 'appsettings', settings ?? {});
  if (existing) return;
  storeConfig(store, id, 'authsettingsV2', { platform: { enabled: false, runtimeVersion: '~1' } });
  storePublishingPolicies(store, id);
}

/** What the service fills in of a site. */
function filledIn(call: ArmCall, plan: ArmResource, existing: ArmResource | undefined): Record<string, unknown> {
  const { name, resourceGroup } = call.path;
  const host = defaultHostName(name);
  const scm = host.replace('.', '.scm.');
  const { tier = 'Standard' } = plan.sku as { tier?: string };
  return {
    state: existing?.properties?.state ?? 'Running',
    hostNames: [host],
    repositorySiteName: name,
    usageState: 'Normal',
    enabled: true,
    enabledHostNames: [host, scm],
    availabilityState: 'Normal',
    hostNameSslStates: [
      { name: host, sslState: 'Disabled', hostType: 'Standard' },
      { name: scm, sslState: 'Disabled', hostType: 'Repository' },
    ],
    serverFarmId: plan.id,
    lastModifiedTimeUtc: call.world.clock.iso(),
    resourceGroup,
    isDefaultContainer: false,
    defaultHostName: host,
    sku: tier,
  };
}

function write(call: ArmCall, existing: ArmResource | undefined, given: Record<string, unknown>): ArmReply {
  const { world } = call;
  const { kind = existing?.kind ?? 'app', identity = existing?.identity } = bodyOf(call);
  const { siteConfig = {}, ...properties } = given;
  checkName(call, existing);
  const plan = checkReferences(call, properties);
  const assigned = assignIdentity(world, identity, existing);
  const base = tracked(call, existing);
  storeConfigs(call, existing, siteConfig as SiteConfigBody, isFlex(world.store, plan.id));
  world.store.put({
    ...base,
    ...(call.method === 'PATCH' && existing?.tags && !base.tags && { tags: existing.tags }),
    kind,
    ...(assigned && { identity: assigned }),
    properties: {
      reserved: plan.properties?.reserved ?? false,
      isXenon: false,
      hyperV: false,
      clientAffinityEnabled: false,
      clientCertEnabled: false,
      hostNamesDisabled: false,
      httpsOnly: false,
      storageAccountRequired: false,
      keyVaultReferenceIdentity: 'SystemAssigned',
      ...properties,
      ...filledIn(call, plan, existing),
    },
  });
  return { status: 200 };
}

function setState(call: ArmCall, existing: ArmResource, state: string): ArmReply {
  const properties = { ...existing.properties, state, lastModifiedTimeUtc: call.world.clock.iso() };
  call.world.store.put({ ...existing, properties });
  return { status: 200 };
}

/** Whoever runs the site starts it again whenever its settings are written. */
function restart(call: ArmCall, existing: ArmResource): ArmReply {
  const { store } = call.world;
  const reply = setState(call, existing, 'Running');
  store.put(store.require(`${existing.id}/config/appsettings`));
  return reply;
}

/** Microsoft.Web/sites: web and function apps. Settings live in `config/appsettings` and never show here. */
export const sites: ResourceType = {
  type: siteType,
  shape: {
    properties: {
      serverFarmId: 'string',
      virtualNetworkSubnetId: 'string',
      httpsOnly: 'boolean',
      siteConfig: { appSettings: [{ name: 'string', value: 'string' }] },
    },
  },
  put: (call, existing) => write(call, existing, required(bodyOf(call).properties, 'properties')),
  patch: (call, existing) => write(call, existing, { ...existing.properties, ...bodyOf(call).properties }),
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
  actions: {
    restart,
    start: (call, existing) => setState(call, existing, 'Running'),
    stop: (call, existing) => setState(call, existing, 'Stopped'),
  },
};
