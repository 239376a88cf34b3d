import { invalidRequestContent } from '../../errors.ts';
import { bodyOf, required } from '../../resource.ts';
import { checkTags } from '../../tags.ts';
import { ArmError, type ArmCall, type ArmReply, type ArmResource, type ResourceType } from '../../types.ts';

const type = 'Microsoft.Resources/tags';
type Tags = Record<string, string>;

function targetOf(call: ArmCall): ArmResource {
  const { name, scope = '' } = call.path;
  if (name.toLowerCase() !== 'default') {
    throw new ArmError(
      400,
      'InvalidResourceName',
      `Resource name '${name}' is invalid: the tags of a scope are 'default'.`,
    );
  }
  return call.world.store.require(scope);
}

function shown(target: ArmResource): ArmResource {
  return {
    id: `${target.id}/providers/${type}/default`,
    name: 'default',
    type,
    properties: { tags: target.tags ?? {} },
  };
}

function setTags(call: ArmCall, target: ArmResource, tags: Tags): ArmReply {
  checkTags(tags, target.type);
  const changed = { ...target, tags };
  call.world.store.put(changed);
  return { status: 200, body: shown(changed) };
}

/** Names compare without case; the casing of the change wins. */
function without(tags: Tags, names: string[]): Tags {
  const gone = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(tags).filter(([name]) => !gone.has(name.toLowerCase())));
}

/** `Delete` takes those that are there with the same value. */
function patched(operation: unknown, before: Tags, given: Tags): Tags {
  switch (operation) {
    case 'Replace':
      return given;
    case 'Merge':
      return { ...without(before, Object.keys(given)), ...given };
    case 'Delete': {
      const same = Object.entries(before).filter(([name, value]) =>
        Object.entries(given).some(
          ([other, content]) => other.toLowerCase() === name.toLowerCase() && content === value,
        ),
      );
      return without(
        before,
        same.map(([name]) => name),
      );
    }
    default:
      throw invalidRequestContent(
        `Error converting value "${String(operation)}" of 'operation'. The values are Replace, Merge, Delete`,
      );
  }
}

function given(call: ArmCall): Tags {
  return required(required(bodyOf(call).properties, 'properties').tags, 'properties.tags') as Tags;
}

/** Microsoft.Resources/tags: all tags of a subscription, group or resource as a thing of their own, `default`. */
export const scopeTags: ResourceType = {
  type,
  extension: true,
  find: (call) => shown(targetOf(call)),
  list: (call) => [shown(call.world.store.require(call.path.scope ?? ''))],
  put: (call) => setTags(call, targetOf(call), given(call)),
  patch(call) {
    const target = targetOf(call);
    return setTags(call, target, patched(bodyOf(call).operation, target.tags ?? {}, given(call)));
  },
  delete(call) {
    setTags(call, targetOf(call), {});
    return { status: 200 };
  },
};
