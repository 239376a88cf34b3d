import { methodNotAllowed } from '../../errors.ts';
import { bodyOf, proxy, required } from '../../resource.ts';
import { inShape } from '../../shape.ts';
import {
  ArmError,
  type ArmCall,
  type ArmReply,
  type ArmResource,
  type ResourceStore,
  type ResourceType,
} from '../../types.ts';
import { checkFlexSettings } from './flexConsumption.ts';

export const configType = 'Microsoft.Web/sites/config';

/** Application settings of a web app, as its process gets them. Empty when the app does not exist. */
export function appSettings(store: ResourceStore, siteId: string): Record<string, string> {
  return { ...(store.get(`${siteId}/config/appsettings`)?.properties as Record<string, string> | undefined) };
}

/** App Service authentication settings (`authsettingsV2`) of a web app. */
export function authSettings(store: ResourceStore, siteId: string): Record<string, unknown> {
  return { ...store.get(`${siteId}/config/authsettingsV2`)?.properties };
}

/** Puts one of a site's configurations into the store. */
export function storeConfig(
  store: ResourceStore,
  siteId: string,
  name: string,
  properties: Record<string, unknown>,
): void {
  store.put({ id: `${siteId}/config/${name}`, name, type: configType, properties });
}

/** @throws ArmError 400 for values that are no strings, or refused by the site's plan */
export function checkSettings(settings: Record<string, unknown>, flex: boolean): void {
  const odd = Object.entries(settings).find(([, value]) => typeof value !== 'string');
  if (odd) throw new ArmError(400, 'BadRequest', `The value of app setting '${odd[0]}' must be a string.`);
  if (flex) checkFlexSettings(Object.keys(settings));
}

const siteOf = (call: ArmCall): ArmResource => call.world.store.require(call.path.id.split('/').slice(0, -2).join('/'));

/** A plan of tier FlexConsumption has rules of its own. */
export function isFlex(store: ResourceStore, serverFarmId: unknown): boolean {
  const sku = store.get(String(serverFarmId))?.sku as { tier?: string } | undefined;
  return sku?.tier === 'FlexConsumption';
}

function put(call: ArmCall, name: string): ArmReply {
  const { store } = call.world;
  const site = siteOf(call);
  const properties = required(bodyOf(call).properties, 'properties');
  switch (name.toLowerCase()) {
    case 'appsettings':
      checkSettings(properties, isFlex(store, site.properties?.serverFarmId));
      break;
    case 'web':
      inShape({ properties }, { properties: { alwaysOn: 'boolean', appSettings: [{ name: 'string' }] } });
      break;
    case 'authsettingsv2':
      break;
    default:
      throw new ArmError(
        501,
        'SandboxNotSupported',
        `The local Azure does not implement PUT of site configuration '${name}'.`,
      );
  }
  const before = name.toLowerCase() === 'web' ? store.get(call.path.id)?.properties : {};
  const config = { ...proxy(call), properties: { ...before, ...properties } };
  store.put(config);
  return { status: 200, body: config };
}

/**
 * Microsoft.Web/sites/config: `web`, `appsettings` and `authsettingsV2`, there from the site's creation. Settings are
 * read by POST …/list only.
 */
export const siteConfig: ResourceType = {
  type: configType,
  list(call) {
    const site = call.path.id.split('/').slice(0, -1).join('/');
    return call.world.store.list({ type: configType, under: site }).filter(({ name }) => name === 'web');
  },
  put: (call) => put(call, call.path.name),
  view(config) {
    if (config.name === 'appsettings') throw methodNotAllowed('GET');
    return config;
  },
  actions: {
    list: (_call, existing) => ({ status: 200, body: existing }),
  },
};
