import { assignsIdentities, joinsSubnet, withLinks } from '../arm/access/links.ts';
import { shaped } from '../arm/shape.ts';
import type { ArmWorld, Provider } from '../arm/types.ts';
import { sqlVersions } from './apiVersions.ts';
import { databaseType } from './databases/databases.ts';
import { droppedType } from './databases/dropped.ts';
import { elasticPoolType } from './databases/elasticPools.ts';
import { retentionPolicyType } from './databases/retention.ts';
import { managedDatabaseType } from './instances/managedDatabases.ts';
import { managedInstanceType } from './instances/managedInstances.ts';
import { DATABASE, DROPPED, DROPPED_MANAGED, INSTANCE, SERVER } from './parts.ts';
import type { SqlParts, SqlSettings } from './parts.ts';
import { query } from './queries.ts';
import { administratorTypes } from './servers/administrators.ts';
import { firewallRuleType } from './servers/firewallRules.ts';
import { privateEndpointConnectionType } from './servers/privateLink.ts';
import { ownerShape } from './servers/serverBody.ts';
import { serverType } from './servers/servers.ts';
import { createWork } from './work.ts';

export type { SqlSettings } from './parts.ts';

export interface Sql {
  /** Microsoft.Sql */
  provider: Provider;
  /** What may be turned at any time. */
  settings: SqlSettings;
  /** Ends the wait of operations: a world that stops does not stay for a copy that takes an hour. */
  stop(): void;
}

/** Azure SQL as far as ARM goes: servers, databases, pools, managed instances. */
export function createSql(world: ArmWorld): Sql {
  const parts: SqlParts = {
    world,
    settings: { copySeconds: 1, restoreSeconds: 1, instanceSeconds: 1, firstBackupSeconds: 600 },
    work: createWork(world),
    dropped: world.state.map('sql.dropped'),
  };
  const types = [
    serverType(parts),
    ...administratorTypes(parts, SERVER),
    firewallRuleType(parts),
    privateEndpointConnectionType(world, SERVER),
    databaseType(parts),
    retentionPolicyType(parts),
    droppedType(parts, DROPPED),
    elasticPoolType(parts),
    managedInstanceType(parts),
    ...administratorTypes(parts, INSTANCE),
    privateEndpointConnectionType(world, INSTANCE),
    managedDatabaseType(parts),
    droppedType(parts, DROPPED_MANAGED),
  ];
  const database = types.find(({ type }) => type === DATABASE)!;
  return {
    provider: {
      namespace: 'Microsoft.Sql',
      apiVersions: sqlVersions,
      types: withLinks(shaped(types, { [SERVER]: ownerShape, [INSTANCE]: ownerShape }), {
        [SERVER]: [assignsIdentities],
        [INSTANCE]: [joinsSubnet('properties.subnetId'), assignsIdentities],
      }),
      other: (call) => query(parts, call, (resource) => database.view!(resource, call)),
    },
    settings: parts.settings,
    stop: () => parts.work.stop(),
  };
}
