import { bodyOf, patchTags, required, tracked } from '../../resource.ts';
import { ArmError, type ArmWorld, type ResourceType } from '../../types.ts';

export const planType = 'Microsoft.Web/serverfarms';

interface Sku {
  name?: string;
  tier?: string;
  size?: string;
  family?: string;
  capacity?: number;
}

const tiers: Record<string, string> = {
  FC: 'FlexConsumption',
  EP: 'ElasticPremium',
  Y: 'Dynamic',
  B: 'Basic',
  S: 'Standard',
};

/** `FC1` → name, tier, size and family as the service completes them. */
function completeSku(sku: Sku): Sku {
  const name = required(sku.name, 'sku.name');
  const family = name.replace(/\d.*$/, '');
  const tier = sku.tier ?? tiers[family];
  return { name, ...(tier && { tier }), size: name, family, capacity: sku.capacity ?? 0 };
}

function sitesOn(world: ArmWorld, planId: string): string[] {
  return world.store
    .list({ type: 'Microsoft.Web/sites' })
    .filter(({ properties }) => String(properties?.serverFarmId).toLowerCase() === planId.toLowerCase())
    .map(({ name }) => name);
}

/** Microsoft.Web/serverfarms: an App Service plan. */
export const serverFarms: ResourceType = {
  type: planType,
  nameRule: {
    pattern: /^[\p{L}\p{Nd}-]{1,60}$/u,
    refuse: (name) => new ArmError(400, 'BadRequest', `The parameter 'name' has an invalid value '${name}'.`),
  },
  shape: { properties: { perSiteScaling: 'boolean', reserved: 'boolean', zoneRedundant: 'boolean' } },
  put(call, existing) {
    const { kind = 'app', sku = {}, properties = {} } = bodyOf(call);
    call.world.store.put({
      ...tracked(call, existing),
      kind,
      sku: completeSku(sku as Sku),
      properties: {
        perSiteScaling: false,
        elasticScaleEnabled: false,
        maximumElasticWorkerCount: 1,
        isSpot: false,
        reserved: false,
        isXenon: false,
        hyperV: false,
        targetWorkerCount: 0,
        targetWorkerSizeId: 0,
        zoneRedundant: false,
        ...properties,
        status: 'Ready',
        subscription: call.path.subscriptionId,
        resourceGroup: call.path.resourceGroup,
        provisioningState: 'Succeeded',
      },
    });
    return { status: existing ? 200 : 201 };
  },
  patch(call, existing) {
    const { properties } = bodyOf(call);
    return patchTags(call, { ...existing, properties: { ...existing.properties, ...properties } });
  },
  delete(call, existing) {
    const sites = sitesOn(call.world, existing.id);
    if (sites.length > 0) {
      const message = `Server farm '${existing.name}' cannot be deleted because it has web app(s) ${sites.join(', ')} assigned to it.`;
      throw new ArmError(409, 'Conflict', message);
    }
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
  view: (plan, call) => ({
    ...plan,
    properties: { ...plan.properties, numberOfSites: sitesOn(call.world, plan.id).length },
  }),
};
