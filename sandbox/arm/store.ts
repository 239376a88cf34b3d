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

/**
 * All resources of a world in memory. `get` gives the stored object itself; `delete` takes everything below the id too
 * (children and extensions), so no child outlives its parent.
 */
export function createStore(): ResourceStore {
  const resources = new Map<string, ArmResource>();

  function under(id: string): ArmResource[] {
    const prefix = `${idKey(id)}/`;
    return [...resources].filter(([key]) => key.startsWith(prefix)).map(([, resource]) => resource);
  }

  return {
    get: (id) => resources.get(idKey(id)),
    require(id) {
      const found = resources.get(idKey(id));
      if (!found) throw resourceNotFound(id);
      return found;
    },
    put: (resource) => void resources.set(idKey(resource.id), resource),
    delete(id) {
      for (const child of under(id)) resources.delete(idKey(child.id));
      resources.delete(idKey(id));
    },
    list({ type, under: parent }) {
      const wanted = type.toLowerCase();
      const among = parent === undefined ? [...resources.values()] : under(parent);
      return among.filter((resource) => resource.type.toLowerCase() === wanted);
    },
    under,
  };
}
