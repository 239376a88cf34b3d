import { bodyOf, tracked } from '../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { invalidParameter, nameInUse, sqlError } from '../errors.ts';
import { DATABASE, ELASTIC_POOL } from '../parts.ts';
import type { Json, SqlParts } from '../parts.ts';
import { beginningOf } from './createModes.ts';
import { remember } from './dropped.ts';
import { databaseNameRule, refuseSystem } from './names.ts';
import { renameDatabase } from './rename.ts';
import { earliestRestore, retentionDays } from './retention.ts';
import { objectiveOf, pooledObjective } from './skus.ts';
import type { Objective } from './skus.ts';
import { shownDatabase } from './view.ts';
import { started } from '../replies.ts';

/** What a request may set and GET shows; the rest is write-only or Azure's. */
const KEPT = [
  ...['collation', 'catalogCollation', 'elasticPoolId', 'licenseType', 'readScale', 'zoneRedundant', 'isLedgerOn'],
  ...['autoPauseDelay', 'minCapacity', 'requestedBackupStorageRedundancy', 'highAvailabilityReplicaCount'],
  ...['maintenanceConfigurationId', 'preferredEnclaveType', 'availabilityZone', 'secondaryType'],
];
const DEFAULTS: Json = {
  collation: 'SQL_Latin1_General_CP1_CI_AS',
  catalogCollation: 'SQL_Latin1_General_CP1_CI_AS',
  zoneRedundant: false,
  readScale: 'Disabled',
  requestedBackupStorageRedundancy: 'Geo',
  isLedgerOn: false,
  availabilityZone: 'NoPreference',
};

/** The `master` of a new server. */
export function createMaster(parts: SqlParts, server: ArmResource): void {
  put(parts, {
    base: { id: `${server.id}/databases/master`, name: 'master', type: DATABASE, location: server.location! },
    objective: objectiveOf({ name: 'S0' }),
    properties: { collation: DEFAULTS['collation'], catalogCollation: DEFAULTS['catalogCollation'] },
    existing: undefined,
  });
}

function put(
  parts: SqlParts,
  wish: { base: ArmResource; objective: Objective; properties: Json; existing: ArmResource | undefined },
): void {
  const { base, objective, properties, existing } = wish;
  const { world } = parts;
  world.store.put({
    ...base,
    sku: objective.sku,
    properties: {
      maxSizeBytes: objective.maxSizeBytes,
      ...properties,
      databaseId: existing?.properties?.['databaseId'] ?? world.guid(),
      creationDate: existing?.properties?.['creationDate'] ?? world.clock.iso(),
      requestedServiceObjectiveName: objective.name,
    },
  });
}

/** Microsoft.Sql/servers/databases. What they hold is not here: `export` and `import` answer 501. */
export function databaseType(parts: SqlParts): ResourceType {
  const { world, work } = parts;
  const { store, state } = world;

  const serverOf = (id: string) => store.require(id.split('/').slice(0, -2).join('/'));

  /** @throws ArmError 400 TargetElasticPoolDoesNotExist, InvalidSku, InvalidMaxSizeTierCombination */
  const objectiveFor = (server: ArmResource, sku: Json | undefined, properties: Json): Objective => {
    const poolId = properties['elasticPoolId'];
    const pool = typeof poolId === 'string' ? store.get(poolId) : undefined;
    if (poolId && (pool?.type !== ELASTIC_POOL || !pool.id.startsWith(`${server.id}/`))) {
      throw sqlError(
        400,
        'TargetElasticPoolDoesNotExist',
        `The elastic pool '${String(poolId)}' does not exist on a server.`,
      );
    }
    const objective = pool ? pooledObjective(pool) : objectiveOf(sku ?? { name: 'GP_Gen5_2' });
    const size = properties['maxSizeBytes'];
    if (size !== undefined && !(typeof size === 'number' && size > 0)) throw invalidParameter('maxSizeBytes');
    if (typeof size === 'number' && size > objective.largestBytes) {
      throw sqlError(
        400,
        'InvalidMaxSizeTierCombination',
        `The specified tier '${objective.sku.tier}' does not support the specified database max size '${size}'.`,
      );
    }
    return objective;
  };

  const kept = (asked: Json): Json =>
    Object.fromEntries([...KEPT, 'maxSizeBytes'].flatMap((name) => (asked[name] == null ? [] : [[name, asked[name]]])));

  const create = (call: ArmCall): ArmReply => {
    const { path } = call;
    refuseSystem(path.name);
    const body = bodyOf(call);
    const server = serverOf(path.id);
    const base = { ...tracked(call, undefined), location: server.location! };
    const { inherited, task } = beginningOf(parts, call, server);
    const properties = { ...DEFAULTS, ...inherited.properties, ...kept(body.properties ?? {}) };
    const sku = (body['sku'] as Json | undefined) ?? inherited.sku;
    const objective = objectiveFor(server, sku, properties);
    return state.transaction(() => {
      put(parts, { base, objective, properties, existing: undefined });
      return task ? started(202, work.begin(path.id, task)) : started(201);
    });
  };

  const update = (call: ArmCall, existing: ArmResource, base: ArmResource): ArmReply => {
    const body = bodyOf(call);
    const asked = body.properties ?? {};
    refuseSystem(existing.name);
    if (!['default', 'undefined'].includes(String(asked['createMode']).toLowerCase())) throw nameInUse(existing.name);
    for (const name of ['collation', 'catalogCollation', 'isLedgerOn']) {
      if (asked[name] != null && asked[name] !== existing.properties?.[name]) {
        throw sqlError(
          400,
          'ChangeUnsupportedOnEntity',
          `The property '${name}' of an existing database cannot be changed.`,
        );
      }
    }
    const leaves = asked['elasticPoolId'] === null || asked['elasticPoolId'] === '' || 'sku' in body;
    const { elasticPoolId, ...before } = kept(existing.properties ?? {});
    const properties = { ...before, ...(!leaves && elasticPoolId !== undefined && { elasticPoolId }), ...kept(asked) };
    const sku = (body['sku'] ?? existing['sku']) as Json;
    const pooled = leaves && !('sku' in body) && elasticPoolId !== undefined;
    put(parts, {
      base,
      objective: objectiveFor(serverOf(existing.id), pooled ? undefined : sku, properties),
      properties,
      existing,
    });
    return started(200);
  };

  return {
    type: DATABASE,
    nameRule: databaseNameRule,
    put: (call, existing) => (existing ? update(call, existing, tracked(call, existing)) : create(call)),
    patch(call, existing) {
      const { tags } = bodyOf(call);
      const { id, name, type, location } = existing;
      const all = tags ?? existing.tags;
      return update(call, existing, { id, name, type, location: location!, ...(all && { tags: all }) });
    },
    delete(_call, database) {
      refuseSystem(database.name);
      // One that is still being copied or restored has nothing to be restored from.
      const whole = !work.current(database.id);
      const earliest = whole ? earliestRestore(parts, database.id, database.properties ?? {}) : undefined;
      const days = retentionDays(parts, database.id);
      state.transaction(() => {
        remember(parts, serverOf(database.id), database, { earliest, retentionDays: days });
        work.forget(database.id);
        store.delete(database.id);
      });
      return started(202);
    },
    view: (database) => shownDatabase(parts, database),
    actions: {
      move(call, database) {
        renameDatabase(parts, database, bodyOf(call)['id']);
        return { status: 200 };
      },
    },
  };
}
