import type { ArmResource, ResourceType } from '../../arm/types.ts';
import { DROPPED_MANAGED } from '../parts.ts';
import type { Dropped, DROPPED, SqlParts } from '../parts.ts';

/** Windows' file time, which ids of dropped databases end with: 100 ns since 1601. */
function fileTime(ms: number): string {
  return (BigInt(Math.floor(ms) + 11_644_473_600_000) * 10_000n).toString();
}

/**
 * Remembers a deleted database until its backups are too old.
 * @param earliest the first moment that it can be restored to; one that has no backup yet is gone at once
 */
export function remember(
  parts: SqlParts,
  owner: ArmResource,
  database: ArmResource,
  backups: { earliest: number | undefined; retentionDays: number },
): void {
  const { earliest, retentionDays } = backups;
  const kept = new Set(restorable(parts));
  for (const [key, old] of [...parts.dropped.entries()]) if (!kept.has(old)) parts.dropped.delete(key);
  if (earliest === undefined) return;
  const deleted = parts.world.clock.now();
  const name = `${database.name},${fileTime(deleted)}`;
  const id = `${owner.id}/restorableDroppedDatabases/${name}`;
  parts.dropped.set(id.toLowerCase(), {
    id,
    name,
    owner: owner.id,
    database: {
      id: database.id,
      name: database.name,
      location: database.location!,
      ...(database['sku'] !== undefined && { sku: database['sku'] as Record<string, unknown> }),
      properties: database.properties ?? {},
      ...(database.tags && { tags: database.tags }),
    },
    deleted,
    earliest,
    retentionDays,
  });
}

/** Deleted databases whose backups are still there. */
export function restorable({ world, dropped }: SqlParts): Dropped[] {
  const now = world.clock.now();
  return [...dropped.values()].filter(({ deleted, retentionDays }) => now <= deleted + retentionDays * 86_400_000);
}

/** The restorable one of that id. */
export function findDropped(parts: SqlParts, id: string): Dropped | undefined {
  return restorable(parts).find((dropped) => dropped.id.toLowerCase() === id.toLowerCase());
}

/** A deleted server or instance takes them with it. */
export function forgetDropped(parts: SqlParts, owner: ArmResource): void {
  for (const dropped of [...parts.dropped.values()]) {
    if (dropped.owner.toLowerCase() === owner.id.toLowerCase()) parts.dropped.delete(dropped.id.toLowerCase());
  }
}

/** `restorableDroppedDatabases` of servers or instances: deleted databases whose backups are still there. */
export function droppedType(parts: SqlParts, type: typeof DROPPED | typeof DROPPED_MANAGED): ResourceType {
  const view = ({ id, name, database, deleted, earliest }: Dropped): ArmResource => {
    const { sku, location, tags, properties } = database;
    const dates = {
      creationDate: properties['creationDate'],
      deletionDate: new Date(deleted).toISOString(),
      earliestRestoreDate: new Date(earliest).toISOString(),
    };
    if (type === DROPPED_MANAGED) {
      return { id, name, type, location, ...(tags && { tags }), properties: { databaseName: database.name, ...dates } };
    }
    const { maxSizeBytes } = properties;
    return {
      id,
      name,
      type,
      location,
      ...(sku && { sku }),
      ...(tags && { tags }),
      properties: { databaseName: database.name, maxSizeBytes, ...dates, backupStorageRedundancy: 'Geo' },
    };
  };

  return {
    type,
    find(call) {
      const found = findDropped(parts, call.path.id);
      return found && view(found);
    },
    list(call) {
      const owner = call.path.id.split('/').slice(0, -1).join('/').toLowerCase();
      return restorable(parts)
        .filter((dropped) => dropped.owner.toLowerCase() === owner)
        .map(view);
    },
  };
}
