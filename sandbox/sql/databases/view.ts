import type { ArmResource } from '../../arm/types.ts';
import type { Json, SqlParts } from '../parts.ts';
import { earliestRestore } from './retention.ts';

/** What GET shows: status, objective and backups as they are at this moment. */
export function shownDatabase(parts: SqlParts, database: ArmResource): ArmResource {
  const properties = (database.properties ?? {}) as Json;
  const task = parts.work.current(database.id);
  const earliest = task ? undefined : earliestRestore(parts, database.id, properties);
  const isMaster = database.name === 'master';
  return {
    ...database,
    kind: `v12.0,${isMaster ? 'system' : properties['elasticPoolId'] === undefined ? 'user' : 'user,pool'}${
      String(properties['requestedServiceObjectiveName']).includes('Gen5') ? ',vcore' : ''
    }`,
    properties: {
      ...properties,
      status: task?.status ?? 'Online',
      currentServiceObjectiveName: properties['requestedServiceObjectiveName'],
      currentSku: database['sku'],
      ...(!isMaster && earliest !== undefined && { earliestRestoreDate: new Date(earliest).toISOString() }),
      currentBackupStorageRedundancy: properties['requestedBackupStorageRedundancy'] ?? 'Geo',
    },
  };
}
