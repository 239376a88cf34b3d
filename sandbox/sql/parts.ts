import type { ArmWorld } from '../arm/types.ts';
import type { StoredMap } from '../core/state.ts';
import type { Work } from './work.ts';

export const SERVER = 'Microsoft.Sql/servers';
export const DATABASE = 'Microsoft.Sql/servers/databases';
export const ELASTIC_POOL = 'Microsoft.Sql/servers/elasticPools';
export const DROPPED = 'Microsoft.Sql/servers/restorableDroppedDatabases';
export const INSTANCE = 'Microsoft.Sql/managedInstances';
export const MANAGED_DATABASE = 'Microsoft.Sql/managedInstances/databases';
export const DROPPED_MANAGED = 'Microsoft.Sql/managedInstances/restorableDroppedDatabases';

export type Json = Record<string, unknown>;

/** How long things take, in seconds of the world's clock; may be turned at any time. */
export interface SqlSettings {
  copySeconds: number;
  restoreSeconds: number;
  instanceSeconds: number;
  /** From a database's creation to the first moment that it can be restored to. */
  firstBackupSeconds: number;
}

/** A deleted database that can be restored. */
export interface Dropped {
  id: string;
  name: string;
  /** The server or instance that it was on. */
  owner: string;
  /** The database's own id, name and body as they were. */
  database: { id: string; name: string; location: string; sku?: Json; properties: Json; tags?: Record<string, string> };
  /** Milliseconds since the epoch. */
  deleted: number;
  earliest: number;
  retentionDays: number;
}

/** What the resource types of Microsoft.Sql share. */
export interface SqlParts {
  world: ArmWorld;
  settings: SqlSettings;
  work: Work;
  /** By lower-case id. */
  dropped: StoredMap<Dropped>;
}
