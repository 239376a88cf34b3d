import { bodyOf, tracked } from '../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { findDropped, remember } from '../databases/dropped.ts';
import { databaseNameRule, refuseSystem } from '../databases/names.ts';
import { earliestRestore, retentionDays } from '../databases/retention.ts';
import { busy, invalidPointInTime, notHere, sourceNotFound, sqlError } from '../errors.ts';
import { MANAGED_DATABASE } from '../parts.ts';
import type { Json, SqlParts } from '../parts.ts';
import { started } from '../replies.ts';

/** Microsoft.Sql/managedInstances/databases: created empty, or restored to a point in time. */
export function managedDatabaseType(parts: SqlParts): ResourceType {
  const { world, work } = parts;
  const { store, clock, state } = world;

  const instanceOf = (id: string) => store.require(id.split('/').slice(0, -2).join('/'));

  const earliest = ({ id, properties }: ArmResource) => earliestRestore(parts, id, properties ?? {});

  const pointInTime = (asked: Json, from: number | undefined, to: number, days: number) => {
    const given = asked['restorePointInTime'];
    if (typeof given !== 'string') throw sqlError(400, 'MissingRestorePointInTime', 'Missing restore point in time');
    const time = Date.parse(given);
    if (!(from !== undefined && time >= from && time <= to)) throw invalidPointInTime(given, days);
  };

  /** What a restored database takes from its source. @throws ArmError 400, 409 */
  const restored = (asked: Json): Json => {
    const droppedId = asked['restorableDroppedDatabaseId'] ?? asked['crossSubscriptionRestorableDroppedDatabaseId'];
    const sourceId = asked['sourceDatabaseId'] ?? asked['crossSubscriptionSourceDatabaseId'];
    if (typeof droppedId === 'string' && sourceId === undefined) {
      const dropped = findDropped(parts, droppedId);
      if (!dropped) {
        throw sqlError(400, 'InvalidRestorableDroppedDatabaseId', 'Invalid restorable dropped database identifier');
      }
      pointInTime(asked, dropped.earliest, dropped.deleted, dropped.retentionDays);
      return dropped.database.properties;
    }
    if (typeof sourceId !== 'string') {
      throw sqlError(400, 'MissingSourceDatabaseId', 'Missing source database identifier.');
    }
    const source = store.get(sourceId);
    if (source?.type !== MANAGED_DATABASE) throw sourceNotFound();
    if (work.current(source.id)) throw busy(source.name);
    pointInTime(asked, earliest(source), clock.now(), retentionDays(parts, source.id));
    return source.properties ?? {};
  };

  const create = (call: ArmCall): ArmReply => {
    const { path } = call;
    refuseSystem(path.name);
    const instance = instanceOf(path.id);
    if (work.current(instance.id)?.status === 'Creating') throw busy(instance.name);
    const asked = bodyOf(call).properties ?? {};
    const mode = String(asked['createMode'] ?? 'Default');
    const restoring = mode.toLowerCase() === 'pointintimerestore';
    if (!restoring && mode.toLowerCase() !== 'default') throw notHere(`managed databases with createMode '${mode}'`);
    const source = restoring ? restored(asked) : {};
    const collation = asked['collation'] ?? source['collation'] ?? instance.properties?.['collation'];
    const properties = {
      collation,
      catalogCollation: asked['catalogCollation'] ?? source['catalogCollation'] ?? collation,
      creationDate: clock.iso(),
      defaultSecondaryLocation: instance.location,
    };
    const task = { operation: 'RESTORE DATABASE', status: 'Restoring', seconds: parts.settings.restoreSeconds };
    return state.transaction(() => {
      store.put({ ...tracked(call, undefined), location: instance.location!, properties });
      return restoring ? started(202, work.begin(path.id, task)) : started(201);
    });
  };

  const update = (call: ArmCall, existing: ArmResource): ArmReply => {
    const mode = String(bodyOf(call).properties?.['createMode'] ?? 'Default');
    if (mode.toLowerCase() !== 'default') {
      const message = `Database '${existing.name}' already exists. Choose a different database name.`;
      throw sqlError(400, 'ManagedDatabaseNameInUse', message);
    }
    const tags = bodyOf(call).tags ?? existing.tags;
    store.put({ ...existing, ...(tags && { tags }) });
    return started(200);
  };

  return {
    type: MANAGED_DATABASE,
    nameRule: databaseNameRule,
    put: (call, existing) => (existing ? update(call, existing) : create(call)),
    patch: update,
    delete(_call, database) {
      const from = work.current(database.id) ? undefined : earliest(database);
      const days = retentionDays(parts, database.id);
      state.transaction(() => {
        remember(parts, instanceOf(database.id), database, { earliest: from, retentionDays: days });
        work.forget(database.id);
        store.delete(database.id);
      });
      return started(202);
    },
    view(database) {
      const task = work.current(database.id);
      const from = task ? undefined : earliest(database);
      return {
        ...database,
        properties: {
          ...database.properties,
          status: task?.status ?? 'Online',
          ...(from !== undefined && { earliestRestorePoint: new Date(from).toISOString() }),
        },
      };
    },
  };
}
