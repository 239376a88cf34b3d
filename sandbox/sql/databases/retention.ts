import { bodyOf, proxy } from '../../arm/resource.ts';
import type { ArmResource, ResourceType } from '../../arm/types.ts';
import { invalidParameter, sqlError } from '../errors.ts';
import { DATABASE } from '../parts.ts';
import type { Json, SqlParts } from '../parts.ts';
import { started } from '../replies.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 7;
const POLICY = `${DATABASE}/backupShortTermRetentionPolicies`;

/** Days that a database can be restored back to. */
export function retentionDays(parts: SqlParts, databaseId: string): number {
  const policy = parts.world.store.get(`${databaseId}/backupShortTermRetentionPolicies/default`);
  return Number(policy?.properties?.['retentionDays'] ?? DEFAULT_DAYS);
}

/**
 * The first moment that a database can be restored to now, in milliseconds; undefined before its first backup.
 * @param properties of the database: its `creationDate` counts
 */
export function earliestRestore(parts: SqlParts, databaseId: string, properties: Json): number | undefined {
  const now = parts.world.clock.now();
  const first = Date.parse(String(properties['creationDate'])) + parts.settings.firstBackupSeconds * 1000;
  if (first > now) return undefined;
  return Math.max(first, now - retentionDays(parts, databaseId) * DAY_MS);
}

/** `backupShortTermRetentionPolicies/default`: 1 to 35 days. It is always there. */
export function retentionPolicyType(parts: SqlParts): ResourceType {
  const { store } = parts.world;

  const policyOf = (database: ArmResource): ArmResource => ({
    id: `${database.id}/backupShortTermRetentionPolicies/default`,
    name: 'default',
    type: POLICY,
    properties: { retentionDays: retentionDays(parts, database.id), diffBackupIntervalInHours: 12 },
  });

  const databaseAt = (id: string, levels: number) => store.get(id.split('/').slice(0, -levels).join('/'));

  return {
    type: POLICY,
    put(call) {
      const days = bodyOf(call).properties?.['retentionDays'];
      if (call.path.name.toLowerCase() !== 'default') throw invalidParameter('policyName');
      store.require(call.path.id.split('/').slice(0, -2).join('/'));
      if (typeof days !== 'number' || !Number.isInteger(days) || days < 1 || days > 35) {
        throw sqlError(
          400,
          'InvalidBackupRetentionPeriod',
          `The retention days of ${String(days)} is not a valid configuration. Valid backup retention in days must be between 1 and 35.`,
        );
      }
      store.put({ ...proxy(call), properties: { retentionDays: days } });
      return started(202);
    },
    find(call) {
      const database = databaseAt(call.path.id, 2);
      return database && call.path.name.toLowerCase() === 'default' ? policyOf(database) : undefined;
    },
    list(call) {
      const database = databaseAt(call.path.id, 1);
      return database ? [policyOf(database)] : [];
    },
  };
}
