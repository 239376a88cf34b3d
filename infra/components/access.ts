import * as pulumi from '@pulumi/pulumi';
import { RoleAssignment } from '@pulumi/azure-native/authorization/roleAssignment.js';
import { RoleDefinition } from '@pulumi/azure-native/authorization/roleDefinition.js';
import { stableGuid } from '../guid.ts';
import { builtInRoles, customRoles, grants } from '../roles.ts';
import type { Grant, Identity, Scope } from '../roles.ts';

export interface AccessArgs {
  appliance: string;
  subscriptionId: string;
  /** ARM ids that the list's scopes stand for. */
  scopes: Record<Scope, pulumi.Input<string>>;
  /** Object ids of the identities' service principals. */
  principals: Record<Identity, pulumi.Input<string>>;
}

/** Custom roles and role assignments, made from the list in roles.ts. */
export class Access extends pulumi.ComponentResource {
  constructor(
    name: string,
    { appliance, subscriptionId, scopes, principals }: AccessArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('strongroom:Access', name, {}, options);
    const subscription = `/subscriptions/${subscriptionId}`;
    const definitions = Object.fromEntries(
      Object.entries(customRoles).map(([key, role]) => [
        key,
        new RoleDefinition(
          `${name}-role-${key}`,
          {
            scope: subscription,
            roleDefinitionId: stableGuid('role', appliance, subscriptionId, key),
            // Names of custom roles are unique in a tenant.
            roleName: `Strongroom ${role.title} (${appliance}, ${subscriptionId})`,
            roleType: 'CustomRole',
            description: role.description,
            assignableScopes: [subscription],
            permissions: [
              {
                actions: role.actions.map(({ action }) => action),
                dataActions: role.dataActions.map(({ action }) => action),
              },
            ],
          },
          { parent: this },
        ),
      ]),
    );
    const roleDefinitionId = (role: Grant['role']): pulumi.Input<string> =>
      'custom' in role
        ? definitions[role.custom]!.id
        : `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${builtInRoles[role.builtIn]}`;
    for (const { to, role, on, why } of grants) {
      const roleKey = 'custom' in role ? role.custom : role.builtIn;
      const definitionId = roleDefinitionId(role);
      new RoleAssignment(
        `${name}-${to}-${roleKey.toLowerCase().replaceAll(' ', '-')}-${on}`,
        {
          scope: scopes[on],
          // An assignment's principal cannot be changed: another principal makes another assignment.
          roleAssignmentName: pulumi
            .all([scopes[on], definitionId, principals[to]])
            .apply((words) => stableGuid(...words)),
          roleDefinitionId: definitionId,
          principalId: principals[to],
          // Without it ARM looks the principal up in Entra, where a new one may not have arrived yet.
          principalType: 'ServicePrincipal',
          description: `Strongroom ${appliance}: ${why}`,
        },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}
