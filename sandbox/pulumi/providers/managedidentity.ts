import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import type { Identity } from '@azure/arm-msi';
import { put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function managedidentity({ credential, subscriptionId, options }: Arm): Operations {
  const client = new ManagedServiceIdentityClient(credential, subscriptionId, options);
  return {
    'azure-native:managedidentity:UserAssignedIdentity': put(
      ['resourceGroupName', 'resourceName'],
      (at, body: Identity) => client.userAssignedIdentities.createOrUpdate(...at, body),
    ),
  };
}
