import type { State } from '../core/state.ts';
import type { Clock } from '../core/types.ts';
import { deepFreeze } from './freeze.ts';
import { createIndex } from './storeIndex.ts';
import { ArmError, type ArmResource, type ResourceStore } from './types.ts';

/** The form under which ids are compared: lower case, no trailing slash. */
export function idKey(id: string): string {
  return id.toLowerCase().replace(/\/+$/, '');
}

/** `Microsoft.Network/virtualNetworks/v/subnets/s` under its group, as ARM's messages name a resource. */
function namedInMessage(id: string): { resource: string; group: string } {
  const at = id.toLowerCase().lastIndexOf('/providers/');
  const group = /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? '<null>';
  return { resource: at < 0 ? id : id.slice(at + '/providers/'.length), group };
}

/** ARM's answer for a resource that does not exist. */
export function resourceNotFound(id: string): ArmError {
  const { resource, group } = namedInMessage(id);
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${resource}' under resource group '${group}' was not found. ` +
      'For more details please go to https://aka.ms/ARMResourceNotFoundFix',
  );
}

/** A resource as the state keeps it. Times are ISO 8601. */
interface Entry {
  resource: ArmResource;
  createdTime: string;
  changedTime: string;
}

/**
 * All resources of a world. What `get` and the lists give is frozen: a change is a `put`. `delete` takes everything
 * below the id too (children and extensions), so no child outlives its parent.
 */
export function createStore(state: State, clock: Pick<Clock, 'iso'>): ResourceStore {
  const entries = state.map<Entry>('arm.resources');
  const index = createIndex();
  const listeners = new Set<(id: string, resource: ArmResource | undefined) => void>();
  const tell = (id: string, resource?: ArmResource) => {
    for (const listener of listeners) listener(id, resource);
  };
  for (const [key, { resource }] of entries.entries()) index.add(key, deepFreeze(resource).type);

  const found = (keys: Iterable<string>) => [...keys].map((key) => entries.get(key)!.resource);

  function remove(key: string): void {
    const entry = entries.get(key);
    if (!entry) return;
    index.remove(key, entry.resource.type);
    entries.delete(key);
    tell(entry.resource.id);
  }

  return {
    get: (id) => entries.get(idKey(id))?.resource,
    require(id) {
      const entry = entries.get(idKey(id));
      if (!entry) throw resourceNotFound(id);
      return entry.resource;
    },
    put(resource) {
      const key = idKey(resource.id);
      const before = entries.get(key);
      const changedTime = clock.iso();
      const createdTime = before?.createdTime ?? changedTime;
      if (!before) index.add(key, resource.type);
      entries.set(key, { resource: deepFreeze(resource), createdTime, changedTime });
      tell(resource.id, resource);
    },
    delete(id) {
      const key = idKey(id);
      state.transaction(() => {
        for (const child of index.under(key)) remove(child);
        remove(key);
      });
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    list: ({ type, under }) => found(index.list(type, under === undefined ? undefined : idKey(under))),
    under: (id) => found(index.under(idKey(id))),
    times(id) {
      const { createdTime, changedTime } = entries.get(idKey(id)) ?? {};
      return createdTime === undefined ? undefined : { createdTime, changedTime: changedTime! };
    },
  };
}
