import type { ArmCall, ArmResource } from '../../arm/types.ts';
import { bodyOf } from '../../arm/resource.ts';
import { busy, invalidPointInTime, notHere, sourceNotFound, sqlError } from '../errors.ts';
import { DATABASE } from '../parts.ts';
import type { Dropped, Json, SqlParts } from '../parts.ts';
import { findDropped, restorable } from './dropped.ts';
import { earliestRestore, retentionDays } from './retention.ts';

/** What a new database begins with. */
export interface Beginning {
  /** `sku` and properties that it takes over when the request does not say otherwise. */
  inherited: { sku?: Json; properties: Json };
  /** What it goes through first; undefined: it is online at once. */
  task?: { operation: string; status: string; seconds: number };
}

const INHERITED = [
  'collation',
  'catalogCollation',
  'maxSizeBytes',
  'licenseType',
  'readScale',
  'zoneRedundant',
  'isLedgerOn',
];

/** @throws ArmError 400 with the codes of Databases - Create Or Update, 409 ConflictingDatabaseOperation, 501 */
export function beginningOf(parts: SqlParts, call: ArmCall, server: ArmResource): Beginning {
  const asked = bodyOf(call).properties ?? {};
  const mode = String(asked['createMode'] ?? 'Default').toLowerCase();
  const { copySeconds, restoreSeconds } = parts.settings;
  switch (mode) {
    case 'default':
      return { inherited: { properties: {} } };
    case 'copy': {
      const source = sourceOf(parts, asked);
      const task = { operation: 'CREATE DATABASE AS COPY', status: 'Copying', seconds: copySeconds };
      return { inherited: inheritedFrom(source), task };
    }
    case 'pointintimerestore': {
      const source = sourceOf(parts, asked);
      sameServer(source.id, server);
      const earliest = earliestRestore(parts, source.id, source.properties ?? {});
      pointInTime(parts, asked, earliest, parts.world.clock.now(), retentionDays(parts, source.id));
      return { inherited: inheritedFrom(source), task: restoring(restoreSeconds) };
    }
    case 'restore': {
      const dropped = droppedSource(parts, asked);
      sameServer(dropped.id, server);
      if (asked['restorePointInTime'] !== undefined) {
        pointInTime(parts, asked, dropped.earliest, dropped.deleted, dropped.retentionDays);
      }
      return { inherited: inheritedFrom(dropped.database), task: restoring(restoreSeconds) };
    }
    default:
      throw notHere(`databases with createMode '${String(asked['createMode'])}'`);
  }
}

function restoring(seconds: number) {
  return { operation: 'RESTORE DATABASE', status: 'Restoring', seconds };
}

function inheritedFrom({ sku, properties }: { sku?: unknown; properties?: Json }): Beginning['inherited'] {
  const found = INHERITED.map((name) => [name, properties?.[name]] as const).filter(([, value]) => value !== undefined);
  const pooled = properties?.['elasticPoolId'] !== undefined;
  return { ...(!pooled && sku !== undefined && { sku: sku as Json }), properties: Object.fromEntries(found) };
}

function sourceOf(parts: SqlParts, asked: Json): ArmResource {
  const id = asked['sourceDatabaseId'];
  if (typeof id !== 'string' || id === '') {
    throw sqlError(400, 'MissingSourceDatabaseId', 'Missing source database identifier.');
  }
  if (!/\/servers\/[^/]+\/databases\/[^/]+$/i.test(id)) {
    throw sqlError(400, 'InvalidSourceDatabaseId', `Invalid source database identifier '${id}'.`);
  }
  const { store } = parts.world;
  if (!store.get(id.split('/').slice(0, -2).join('/'))) {
    throw sqlError(400, 'SourceServerNotFound', 'The server part of the source database identifier names no server.');
  }
  const source = store.get(id);
  if (source?.type !== DATABASE || source.name === 'master') throw sourceNotFound();
  if (parts.work.current(source.id)) throw busy(source.name);
  return source;
}

function sameServer(id: string, server: ArmResource): void {
  if (id.toLowerCase().startsWith(`${server.id.toLowerCase()}/`)) return;
  throw sqlError(
    400,
    'MismatchingServerNameWithUrl',
    'The provided server name did not match the name in the Url: a database is restored on the server that it was on.',
  );
}

function pointInTime(parts: SqlParts, asked: Json, earliest: number | undefined, latest: number, days: number): void {
  const given = asked['restorePointInTime'];
  if (typeof given !== 'string') throw sqlError(400, 'MissingRestorePointInTime', 'Missing restore point in time.');
  const time = Date.parse(given);
  if (!(earliest !== undefined && time >= earliest && time <= Math.min(latest, parts.world.clock.now()))) {
    throw invalidPointInTime(given, days);
  }
}

/** A deleted database: by its own id, or by the database's and the time of its deletion. */
function droppedSource(parts: SqlParts, asked: Json): Dropped {
  const { sourceDatabaseId, restorableDroppedDatabaseId, sourceDatabaseDeletionDate } = asked as Record<string, string>;
  if (sourceDatabaseId && restorableDroppedDatabaseId) {
    throw sqlError(
      400,
      'RestorableDroppedDatabaseIdGivenForRestoreWithSourceDatabaseId',
      'Cannot specify restorableDroppedDatabaseId when sourceDatabaseId is already given in restore create mode.',
    );
  }
  const id = restorableDroppedDatabaseId ?? sourceDatabaseId;
  if (!id) throw sqlError(400, 'MissingSourceDatabaseId', 'Missing source database identifier.');
  if (/\/restorableDroppedDatabases\//i.test(id)) {
    const found = findDropped(parts, id);
    if (found) return found;
    throw sqlError(
      400,
      'InvalidRestorableDroppedDatabaseId',
      `Invalid restorable dropped database identifier '${id}'.`,
    );
  }
  if (!sourceDatabaseDeletionDate) {
    throw sqlError(400, 'MissingSourceDatabaseDeletionDate', 'Missing source database deletion date.');
  }
  const deleted = Date.parse(sourceDatabaseDeletionDate);
  // Clients write fractions of a second in many ways.
  const found = restorable(parts).find(
    (dropped) => dropped.database.id.toLowerCase() === id.toLowerCase() && Math.abs(dropped.deleted - deleted) < 1000,
  );
  if (found) return found;
  throw sqlError(
    400,
    'InvalidDroppedDatabase',
    'Source database dropped does not exist on server within the supported recovery period.',
  );
}
