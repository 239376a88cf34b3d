import type { ArmResource } from '../../arm/types.ts';
import { nameInUse, sqlError } from '../errors.ts';
import type { SqlParts } from '../parts.ts';
import { databaseNameRule, refuseSystem } from './names.ts';

/** POST …/move: another name on the same server. @throws ArmError 400 */
export function renameDatabase(parts: SqlParts, database: ArmResource, to: unknown): void {
  const { store, state } = parts.world;
  const parent = database.id.split('/').slice(0, -1).join('/');
  const name = typeof to === 'string' ? (to.split('/').at(-1) ?? '') : '';
  if (typeof to !== 'string' || to.split('/').slice(0, -1).join('/').toLowerCase() !== parent.toLowerCase()) {
    throw sqlError(400, 'InvalidResourceId', 'Invalid resource identifier: a database is renamed on its own server.');
  }
  refuseSystem(database.name);
  refuseSystem(name);
  if (!databaseNameRule.pattern.test(name)) throw databaseNameRule.refuse(name);
  const id = `${parent}/${name}`;
  if (store.get(id)) throw nameInUse(name);
  const children = store.under(database.id);
  state.transaction(() => {
    store.delete(database.id);
    store.put({ ...database, id, name });
    for (const child of children) store.put({ ...child, id: `${id}${child.id.slice(database.id.length)}` });
    parts.work.rename(database.id, id);
  });
}
