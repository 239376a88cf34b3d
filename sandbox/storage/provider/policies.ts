import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { ACCOUNT_TYPE } from '../accounts.ts';
import { checkLifecycle } from '../lifecycle/policy.ts';

/** The lifecycle rules of an account (REST: Management Policies). `lifecycle/` executes them. */
export function managementPolicyType(): ResourceType {
  return {
    type: `${ACCOUNT_TYPE}/managementPolicies`,
    nameRule: {
      pattern: /^default$/,
      refuse: (name) =>
        new ArmError(400, 'InvalidResourceName', `A management policy is named 'default', not '${name}'.`),
    },
    put(call) {
      checkLifecycle(propertiesOf(call));
      return keep(call, { lastModifiedTime: call.world.clock.iso() });
    },
    delete: remove,
  };
}

/** The account's side of private endpoints; Microsoft.Network creates them, their owner approves or removes them. */
export function privateEndpointConnectionType(): ResourceType {
  return {
    type: `${ACCOUNT_TYPE}/privateEndpointConnections`,
    put: (call, existing) =>
      keep(call, { ...existing?.properties, ...propertiesOf(call), provisioningState: 'Succeeded' }),
    delete: remove,
  };
}

function keep(call: ArmCall, computed: Record<string, unknown>): ArmReply {
  const { id, name, type } = call.path;
  call.world.store.put({ id, name, type, properties: { ...propertiesOf(call), ...computed } });
  return { status: 200 };
}

function remove(call: ArmCall, existing: ArmResource): ArmReply {
  call.world.store.delete(existing.id);
  return { status: 200 };
}

function propertiesOf(call: ArmCall): Record<string, unknown> {
  return ((call.body ?? {}) as ArmResource).properties ?? {};
}
