import { bodyOf, tracked } from '../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { invalidParameter, sqlError } from '../errors.ts';
import { DATABASE, ELASTIC_POOL } from '../parts.ts';
import type { Json, SqlParts } from '../parts.ts';
import { started } from '../replies.ts';
import { databaseNameRule } from './names.ts';

const GIB = 1024 ** 3;
const TIERS: Record<string, string> = {
  ...{ GP_Gen5: 'GeneralPurpose', BC_Gen5: 'BusinessCritical', HS_Gen5: 'Hyperscale' },
  ...{ BasicPool: 'Basic', StandardPool: 'Standard', PremiumPool: 'Premium' },
};

/** Databases in a pool. */
export function databasesOf(parts: SqlParts, pool: ArmResource): ArmResource[] {
  const server = pool.id.split('/').slice(0, -2).join('/');
  return parts.world.store
    .list({ type: DATABASE, under: server })
    .filter(({ properties }) => String(properties?.['elasticPoolId'] ?? '').toLowerCase() === pool.id.toLowerCase());
}

/** Elastic pools, as far as databases need them: they exist, have a tier, and hold databases. */
export function elasticPoolType(parts: SqlParts): ResourceType {
  const { world } = parts;

  const write = (call: ArmCall, existing: ArmResource | undefined, base: ArmResource): ArmReply => {
    const body = bodyOf(call);
    const asked = (body['sku'] ?? existing?.['sku'] ?? { name: 'GP_Gen5', capacity: 2 }) as Json;
    const name = Object.keys(TIERS).find((key) => key.toLowerCase() === String(asked['name']).toLowerCase());
    if (!name) throw sqlError(400, 'InvalidSku', `The user specified an invalid sku: '${String(asked['name'])}'.`);
    const capacity = asked['capacity'] ?? 2;
    if (typeof capacity !== 'number' || capacity <= 0) throw invalidParameter('sku.capacity');
    const vCores = name.endsWith('_Gen5');
    const { state: _state, creationDate, ...before } = (existing?.properties ?? {}) as Json;
    world.store.put({
      ...base,
      kind: vCores ? 'vcore,pool' : 'pool',
      sku: { name, tier: TIERS[name], ...(vCores && { family: 'Gen5' }), capacity },
      properties: {
        maxSizeBytes: 32 * GIB,
        perDatabaseSettings: { minCapacity: 0, maxCapacity: capacity },
        zoneRedundant: false,
        ...before,
        ...body.properties,
        state: 'Ready',
        creationDate: creationDate ?? world.clock.iso(),
      },
    });
    return started(existing ? 200 : 201);
  };

  return {
    type: ELASTIC_POOL,
    nameRule: { ...databaseNameRule, refuse: () => invalidParameter('elasticPoolName') },
    put(call, existing) {
      const server = world.store.require(call.path.id.split('/').slice(0, -2).join('/'));
      return write(call, existing, { ...tracked(call, existing), location: server.location! });
    },
    patch(call, existing) {
      const { id, name, type, location } = existing;
      const tags = bodyOf(call).tags ?? existing.tags;
      return write(call, existing, { id, name, type, location: location!, ...(tags && { tags }) });
    },
    delete(_call, pool) {
      if (databasesOf(parts, pool).length > 0) {
        throw sqlError(400, 'ElasticPoolNotEmpty', `The elastic pool '${pool.name}' is not empty.`);
      }
      world.store.delete(pool.id);
      return started(202);
    },
  };
}
