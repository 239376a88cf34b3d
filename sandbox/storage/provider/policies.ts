import { ownerConnections } from '../../arm/ownerConnections.ts';
import { proxy } from '../../arm/resource.ts';
import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmResource, ResourceType } from '../../arm/types.ts';
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
      const given = propertiesOf(call);
      checkLifecycle(given);
      call.world.store.put({ ...proxy(call), properties: { ...given, lastModifiedTime: call.world.clock.iso() } });
      return { status: 200 };
    },
    delete(call, existing) {
      call.world.store.delete(existing.id);
      return { status: 200 };
    },
  };
}

/** The account's side of private endpoints. */
export const privateEndpointConnectionType = (): ResourceType => ownerConnections(ACCOUNT_TYPE);

function propertiesOf(call: ArmCall): Record<string, unknown> {
  return ((call.body ?? {}) as ArmResource).properties ?? {};
}
