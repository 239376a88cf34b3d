import { bodyOf, proxy, required } from '../../resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../types.ts';
import { nameRule } from './names.ts';
import { newEtag } from './written.ts';

/** What stands in a list of its parent's properties and has an address of its own. */
export interface Child {
  name: string;
  properties: Record<string, unknown>;
}

/** The list of children that a parent's properties hold. */
export function childrenOf<T extends Child>(parent: ArmResource, property: string): T[] {
  return (parent.properties?.[property] ?? []) as T[];
}

const parentOf = ({ world, path }: ArmCall) => world.store.require(path.id.split('/').slice(0, -2).join('/'));
const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function asResource(child: Child): ArmResource {
  return child as unknown as ArmResource;
}

/** GET and list of a parent's children. */
function reading(type: string, property: string): ResourceType {
  return {
    type,
    find(call) {
      const found = childrenOf(parentOf(call), property).find(({ name }) => sameName(name, call.path.name));
      return found && asResource(found);
    },
    list: ({ world, path }) =>
      childrenOf(world.store.require(path.id.replace(/\/[^/]+$/, '')), property).map(asResource),
  };
}

/** Children that the service itself makes. */
export const readOnlyChildren = reading;

/**
 * A type whose resources are entries of a list in their parent's properties (rules of a security group, routes of a
 * table): written one by one as well as with the parent.
 * @param check looks at the whole list that a write would leave. @throws ArmError
 */
export function inlineChildren(type: string, property: string, check: (children: Child[]) => void): ResourceType {
  const kind = type.split('/').at(-1)!;

  function replace(call: ArmCall, children: Child[]): void {
    const { world } = call;
    const parent = parentOf(call);
    world.store.put({
      ...parent,
      etag: newEtag(world),
      properties: { ...parent.properties, [property]: children },
    });
  }

  const done = (status: number, style: 'azure-async' | 'both'): ArmReply => ({
    status,
    longRunning: { style, work: () => Promise.resolve() },
  });

  return {
    ...reading(type, property),
    nameRule,
    put(call, existing) {
      const parent = parentOf(call);
      const properties = required(bodyOf(call).properties, 'properties');
      const others = childrenOf(parent, property).filter(({ name }) => !sameName(name, call.path.name));
      const { name } = existing ?? call.path;
      const child = {
        ...proxy(call),
        name,
        id: `${parent.id}/${kind}/${name}`,
        etag: newEtag(call.world),
        properties: { ...properties, provisioningState: 'Succeeded' },
      };
      const all = [...others, child];
      check(all);
      replace(call, all);
      return done(existing ? 200 : 201, 'azure-async');
    },
    delete(call, existing) {
      replace(
        call,
        childrenOf(parentOf(call), property).filter(({ name }) => !sameName(name, existing.name)),
      );
      return done(202, 'both');
    },
  };
}
