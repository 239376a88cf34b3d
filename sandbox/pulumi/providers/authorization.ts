import { AuthorizationManagementClient } from '@azure/arm-authorization';
import type { RoleAssignmentCreateParameters, RoleDefinition } from '@azure/arm-authorization';
import { put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function authorization({ credential, subscriptionId, options }: Arm): Operations {
  const client = new AuthorizationManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:authorization:RoleDefinition': put(
      ['scope', 'roleDefinitionId'],
      (at, body: RoleDefinition) => client.roleDefinitions.createOrUpdate(pathScope(at[0]), at[1], body),
      { roleType: 'type' },
    ),
    'azure-native:authorization:RoleAssignment': put(
      ['scope', 'roleAssignmentName'],
      (at, body: RoleAssignmentCreateParameters) => client.roleAssignments.create(pathScope(at[0]), at[1], body),
    ),
  };
}

/** The SDK puts `/` before a scope; ids begin with one. */
function pathScope(scope: string): string {
  return scope.replace(/^\//, '');
}
