import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import type { Identity } from '@azure/arm-msi';
import { inGroup, operation } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function managedidentity({ credential, subscriptionId, options }: Arm): Operations {
  const client = new ManagedServiceIdentityClient(credential, subscriptionId, options);
  return {
    'azure-native:managedidentity:UserAssignedIdentity': operation(
      inGroup('Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}'),
      {
        put: (at, body: Identity) => client.userAssignedIdentities.createOrUpdate(...at, body),
        get: (at) => client.userAssignedIdentities.get(...at),
        delete: (at) => client.userAssignedIdentities.delete(...at),
      },
    ),
  };
}
