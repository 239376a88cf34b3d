import { ArmError, type ArmCall, type ArmReply } from '../../types.ts';

/** A tag name that a person wrote down before any resource had it, with such values. */
interface Predefined {
  tagName: string;
  values: string[];
}

const predefined = ({ world }: ArmCall) => world.state.map<Predefined>('arm.tagNames');
const keyOf = ({ path }: ArmCall, name: string) => `${path.subscriptionId}/${name}`.toLowerCase();
const rootOf = ({ path }: ArmCall) => `/subscriptions/${path.subscriptionId}/tagNames`;

/** All names and values in use in the subscription, and the predefined ones, with how many resources have them. */
function counted(call: ArmCall): Map<string, { tagName: string; values: Map<string, number> }> {
  const found = new Map<string, { tagName: string; values: Map<string, number> }>();
  const add = (tagName: string, value: string | undefined, count: number) => {
    const entry = found.get(tagName.toLowerCase()) ?? { tagName, values: new Map<string, number>() };
    if (value !== undefined) entry.values.set(value, (entry.values.get(value) ?? 0) + count);
    found.set(tagName.toLowerCase(), entry);
  };
  const own = keyOf(call, '');
  for (const [key, { tagName, values }] of predefined(call).entries()) {
    if (!key.startsWith(own)) continue;
    add(tagName, undefined, 0);
    for (const value of values) add(tagName, value, 0);
  }
  for (const { tags } of call.world.store.under(`/subscriptions/${call.path.subscriptionId}`)) {
    for (const [name, value] of Object.entries(tags ?? {})) add(name, value, 1);
  }
  return found;
}

function shown(call: ArmCall, name: string): unknown {
  const { tagName, values } = counted(call).get(name.toLowerCase()) ?? { tagName: name, values: new Map() };
  const id = `${rootOf(call)}/${tagName}`;
  const total = [...values.values()].reduce((sum, count) => sum + count, 0);
  return {
    id,
    tagName,
    count: { type: 'Total', value: total },
    values: [...values].map(([tagValue, value]) => ({
      id: `${id}/tagValues/${tagValue}`,
      tagValue,
      count: { type: 'Total', value },
    })),
  };
}

function write(call: ArmCall, name: string, value: string | undefined): ArmReply {
  const map = predefined(call);
  const key = keyOf(call, name);
  const before = map.get(key);
  if (value !== undefined && !before && !counted(call).has(name.toLowerCase())) {
    throw new ArmError(404, 'TagNameNotFound', `The tag name '${name}' could not be found.`);
  }
  const values = new Set([...(before?.values ?? []), ...(value === undefined ? [] : [value])]);
  const isNew = value === undefined ? !before : !before?.values.includes(value);
  map.set(key, { tagName: before?.tagName ?? name, values: [...values] });
  const body =
    value === undefined
      ? shown(call, name)
      : { id: `${rootOf(call)}/${name}/tagValues/${value}`, tagValue: value, count: { type: 'Total', value: 0 } };
  return { status: isNew ? 201 : 200, body };
}

function remove(call: ArmCall, name: string, value: string | undefined): ArmReply {
  const map = predefined(call);
  const before = map.get(keyOf(call, name));
  const uses = counted(call).get(name.toLowerCase())?.values ?? new Map<string, number>();
  const used = [...uses].some(([text, count]) => count > 0 && (value === undefined || text === value));
  if (used) {
    throw new ArmError(409, 'TagInUse', `The tag '${name}' cannot be deleted because resources have it.`);
  }
  const isThere = before && (value === undefined || before.values.includes(value));
  if (!isThere) return { status: 204 };
  if (value === undefined) map.delete(keyOf(call, name));
  else map.set(keyOf(call, name), { ...before, values: before.values.filter((text) => text !== value) });
  return { status: 200 };
}

/**
 * `/subscriptions/{id}/tagNames`, `…/{name}` and `…/{name}/tagValues/{value}`. The codes TagNameNotFound and TagInUse
 * are not documented.
 */
export function answerTagNames(call: ArmCall): ArmReply | undefined {
  const { type, names, subscriptionId } = call.path;
  const isName = type === 'Microsoft.Resources/tagNames';
  if (subscriptionId === '' || !(isName || /^Microsoft\.Resources\/tagNames\/tagValues$/i.test(type))) return undefined;
  const [name, value] = names;
  if (call.method === 'GET' && isName && name === undefined) {
    return { status: 200, body: { value: [...counted(call).keys()].sort().map((key) => shown(call, key)) } };
  }
  if (name === undefined || (!isName && value === undefined)) return undefined;
  if (call.method === 'PUT') return write(call, name, value);
  return call.method === 'DELETE' ? remove(call, name, value) : undefined;
}
