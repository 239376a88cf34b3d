import { ownerConnections } from '../../arm/ownerConnections.ts';
import { proxy } from '../../arm/resource.ts';
import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmResource, ResourceType, Shape } from '../../arm/types.ts';
import { ACCOUNT_TYPE } from '../accounts.ts';
import { checkLifecycle } from '../lifecycle/policy.ts';

const ages: Shape = {
  daysAfterModificationGreaterThan: 'number',
  daysAfterCreationGreaterThan: 'number',
  daysAfterLastTierChangeGreaterThan: 'number',
};
const actions: Shape = { delete: ages, tierToCool: ages, tierToCold: ages, tierToArchive: ages };
const shape: Shape = {
  properties: {
    policy: {
      rules: [
        {
          name: 'string',
          type: 'string',
          enabled: 'boolean',
          definition: {
            actions: { baseBlob: actions, snapshot: actions, version: actions },
            filters: { blobTypes: ['string'], prefixMatch: ['string'] },
          },
        },
      ],
    },
  },
};

/** The lifecycle rules of an account (REST: Management Policies). `lifecycle/` executes them. */
export function managementPolicyType(): ResourceType {
  return {
    type: `${ACCOUNT_TYPE}/managementPolicies`,
    nameRule: {
      pattern: /^default$/,
      refuse: (name) =>
        new ArmError(400, 'InvalidResourceName', `A management policy is named 'default', not '${name}'.`),
    },
    shape,
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
