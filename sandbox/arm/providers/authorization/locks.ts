import { invalidRequestContent, invalidResourceName } from '../../errors.ts';
import { lockedScope, lockType } from '../../locks.ts';
import { lockVersions } from './apiVersions.ts';
import { bodyOf, proxy, required } from '../../resource.ts';
import { idKey } from '../../store.ts';
import type { ArmCall, ArmResource, ResourceType } from '../../types.ts';

const levels = ['CanNotDelete', 'ReadOnly', 'NotSpecified'];

/** Those at the scope and below it; with `atScope()` those at the scope and above. */
function listed(call: ArmCall): ArmResource[] {
  const scope = call.path.scope ?? '';
  const { store } = call.world;
  if (!/atScope\(\)/i.test(call.query.get('$filter') ?? '')) return store.list({ type: lockType, under: scope });
  const wanted = idKey(scope);
  return store.list({ type: lockType }).filter((lock) => `${wanted}/`.startsWith(`${idKey(lockedScope(lock))}/`));
}

/** Microsoft.Authorization/locks: at a subscription, group or resource. What they forbid: `arm/locks.ts`. */
export const locks: ResourceType = {
  type: lockType,
  apiVersions: lockVersions,
  extension: true,
  // resource-name-rules; the code that Azure gives is not documented.
  nameRule: { pattern: /^[\w.()-]{0,89}[\w()-]$/, refuse: invalidResourceName },
  shape: { properties: { level: 'string', notes: 'string', owners: [{ applicationId: 'string' }] } },
  list: listed,
  put(call, existing) {
    const { level, notes, owners } = required(bodyOf(call).properties, 'properties');
    if (!levels.includes(String(level))) {
      throw invalidRequestContent(
        `Error converting value "${String(level)}" of 'properties.level'. The values are ${levels.join(', ')}`,
      );
    }
    call.world.store.put({
      ...proxy(call),
      properties: { level, ...(notes !== undefined && { notes }), ...(owners !== undefined && { owners }) },
    });
    return { status: existing ? 200 : 201 };
  },
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
};
