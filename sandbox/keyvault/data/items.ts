import type { Hono } from 'hono';
import type { ArmResource } from '../../arm/types.ts';
import { deletedFields } from '../contents/bundles.ts';
import type { Item, Items, Version } from '../contents/items.ts';
import { protectionOf } from '../contents/protection.ts';
import { purgeNotAllowed, type ItemKind } from '../errors.ts';
import { allow, bodyOf, nameOf, page, plural, type DataParts, type VaultEnv } from './call.ts';

/** How keys and secrets differ in what they have in common. */
export interface ItemRoutes<V extends Version> {
  kind: ItemKind;
  items: Items<V>;
  /** Listing's data action: keys and secrets name it differently. */
  readAction: string;
  bundle(vault: ArmResource, name: string, version: V): object;
  listed(vault: ArmResource, name: string, version: V, id?: string): object;
}

/** Lists, deletion with its second life, backup and restore: the same for keys and secrets. */
export function itemRoutes<V extends Version>(app: Hono<VaultEnv>, parts: DataParts, routes: ItemRoutes<V>): void {
  const { kind, items, readAction, bundle, listed } = routes;
  const { backups } = parts.vaults;
  const type = plural[kind];
  const all = `/${type}`;
  const deletedAll = `/deleted${type}`;
  const newest = ({ versions }: Item<V>) => versions.at(-1)!;
  const deletedView = (vault: ArmResource, item: Item<V>, shown: object) => ({
    ...shown,
    ...deletedFields(vault, type, item.name, item.deleted!),
  });
  const subscriptionOf = ({ id }: ArmResource) => id.split('/')[2]!.toLowerCase();

  app.get(all, (c) => {
    allow(c, parts, kind, `${type}/${readAction}`, 'list');
    const vault = c.get('vault');
    return c.json(
      page(
        c,
        items.list(vault.name).map((item) => listed(vault, item.name, newest(item))),
      ),
    );
  });

  app.get(`${all}/:name/versions`, (c) => {
    allow(c, parts, kind, `${type}/${readAction}`, 'list');
    const vault = c.get('vault');
    const { name, versions } = items.get(vault.name, nameOf(c)) ?? { name: '', versions: [] };
    return c.json(
      page(
        c,
        versions.map((version) => listed(vault, name, version, version.version)),
      ),
    );
  });

  app.delete(`${all}/:name`, (c) => {
    allow(c, parts, kind, `${type}/delete`, 'delete');
    const vault = c.get('vault');
    const item = items.delete(vault.name, nameOf(c), protectionOf(vault).retentionDays);
    return c.json(deletedView(vault, item, withoutValue(bundle(vault, item.name, newest(item)))));
  });

  app.post(`${all}/:name/backup`, (c) => {
    allow(c, parts, kind, `${type}/backup/action`, 'backup');
    const vault = c.get('vault');
    const item = items.require(vault.name, nameOf(c));
    return c.json({ value: backups.seal({ kind, subscriptionId: subscriptionOf(vault), item }) });
  });

  app.post(`${all}/restore`, async (c) => {
    allow(c, parts, kind, `${type}/restore/action`, 'restore');
    const vault = c.get('vault');
    const { value } = await bodyOf(c);
    const item = items.restore(vault.name, backups.open(value, kind, subscriptionOf(vault)) as Item<V>);
    return c.json(withoutValue(bundle(vault, item.name, newest(item))));
  });

  app.get(deletedAll, (c) => {
    allow(c, parts, kind, `${type}/${readAction}`, 'list');
    const vault = c.get('vault');
    return c.json(
      page(
        c,
        items
          .listDeleted(vault.name)
          .map((item) => deletedView(vault, item, listed(vault, item.name, newest(item), newest(item).version))),
      ),
    );
  });

  app.get(`${deletedAll}/:name`, (c) => {
    allow(c, parts, kind, `${type}/${readAction}`, 'get');
    const vault = c.get('vault');
    const item = items.requireDeleted(vault.name, nameOf(c));
    return c.json(deletedView(vault, item, withoutValue(bundle(vault, item.name, newest(item)))));
  });

  app.delete(`${deletedAll}/:name`, (c) => {
    allow(c, parts, kind, `${type}/purge/action`, 'purge');
    const vault = c.get('vault');
    const { name } = items.requireDeleted(vault.name, nameOf(c));
    if (protectionOf(vault).purgeProtected) throw purgeNotAllowed();
    items.purge(vault.name, name);
    return c.body(null, 204);
  });

  app.post(`${deletedAll}/:name/recover`, (c) => {
    allow(c, parts, kind, `${type}/recover/action`, 'recover');
    const vault = c.get('vault');
    const item = items.recover(vault.name, nameOf(c));
    return c.json(withoutValue(bundle(vault, item.name, newest(item))));
  });
}

/** Deleted and recovered secrets are shown without their value. */
function withoutValue(bundle: object): object {
  const { value: _value, ...rest } = bundle as { value?: string };
  return rest;
}
