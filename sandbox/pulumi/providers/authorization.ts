import { AuthorizationManagementClient } from '@azure/arm-authorization';
import type { RoleAssignmentCreateParameters, RoleDefinition } from '@azure/arm-authorization';
import { inGroup, operation } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';
import { genericResource } from './genericResource.ts';

export function authorization(arm: Arm): Operations {
  const { credential, subscriptionId, options } = arm;
  const client = new AuthorizationManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:authorization:RoleDefinition': operation(
      '/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}',
      {
        put: (at, body: RoleDefinition) => client.roleDefinitions.createOrUpdate(...at, body),
        get: (at) => client.roleDefinitions.get(...at),
        delete: (at) => client.roleDefinitions.delete(...at),
      },
      { wireNames: { roleType: 'type' } },
    ),
    'azure-native:authorization:RoleAssignment': operation(
      '/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}',
      {
        put: (at, body: RoleAssignmentCreateParameters) => client.roleAssignments.create(...at, body),
        get: (at) => client.roleAssignments.get(...at),
        delete: (at) => client.roleAssignments.delete(...at),
      },
      { replacedBy: ['principalId'] },
    ),
    'azure-native:authorization:ManagementLockByScope': genericResource(
      arm,
      '/{scope}/providers/Microsoft.Authorization/locks/{lockName}',
      '2020-05-01',
    ),
    'azure-native:authorization:ManagementLockAtResourceGroupLevel': genericResource(
      arm,
      inGroup('Microsoft.Authorization/locks/{lockName}'),
      '2020-05-01',
    ),
  };
}
