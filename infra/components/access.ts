import * as pulumi from '@pulumi/pulumi';
import { RoleAssignment } from '@pulumi/azure-native/authorization/roleAssignment.js';
import { RoleDefinition } from '@pulumi/azure-native/authorization/roleDefinition.js';
import type { Grant } from '../grants.ts';
import { stableGuid } from '../guid.ts';
import type { Made } from '../made.ts';
import { builtInRoles, customRoles, type Identity, type RoleKey } from '../roles.ts';

export interface AccessArgs {
  appliance: string;
  /** Subscription of the appliance: what is elsewhere has it in its name. */
  homeSubscriptionId: string;
  grants: Grant[];
  /** Object ids of the identities' service principals. */
  principals: Record<Identity, pulumi.Input<string>>;
  made: Made;
}

/** Custom roles, defined in each subscription that they are assigned in, and the role assignments. */
export class Access extends pulumi.ComponentResource {
  /** ARM ids of the role definitions, by role, then by subscription. */
  readonly roleDefinitionIds: Partial<Record<RoleKey, Record<string, string>>> = {};

  constructor(
    name: string,
    { appliance, homeSubscriptionId, grants, principals, made }: AccessArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('strongroom:Access', name, {}, options);
    const elsewhere = (subscriptionId: string) =>
      subscriptionId === homeSubscriptionId.toLowerCase() ? '' : `-${subscriptionId}`;
    const definitions = new Map<string, RoleDefinition>();
    for (const { to, role, scope, why } of grants) {
      const subscriptionId = scope.split('/')[2]!.toLowerCase();
      const roleDefinitionId = definitionId(appliance, subscriptionId, role);
      if (typeof role === 'string' && !definitions.has(roleDefinitionId)) {
        const definition = this.define(
          `${name}-role-${role}${elsewhere(subscriptionId)}`,
          appliance,
          subscriptionId,
          role,
        );
        definitions.set(roleDefinitionId, definition);
        this.roleDefinitionIds[role] = { ...this.roleDefinitionIds[role], [subscriptionId]: roleDefinitionId };
      }
      const roleName = typeof role === 'string' ? role : role.builtIn.toLowerCase().replaceAll(' ', '-');
      const definition = definitions.get(roleDefinitionId);
      new RoleAssignment(
        `${name}-${to}-${roleName}-on-${labelOf(scope)}${elsewhere(subscriptionId)}`,
        {
          scope,
          // An assignment's principal cannot be changed: another principal makes another assignment.
          roleAssignmentName: pulumi
            .output(principals[to])
            .apply((principalId) => stableGuid(scope, roleDefinitionId, principalId)),
          roleDefinitionId,
          principalId: principals[to],
          // Without it ARM looks the principal up in Entra, where a new one may not have arrived yet.
          principalType: 'ServicePrincipal',
          description: `Strongroom ${appliance}: ${why}`,
        },
        { parent: this, dependsOn: [...(definition ? [definition] : []), ...made.at([scope])] },
      );
    }
    this.registerOutputs();
  }

  private define(name: string, appliance: string, subscriptionId: string, key: RoleKey): RoleDefinition {
    const role = customRoles[key];
    const scope = `/subscriptions/${subscriptionId}`;
    return new RoleDefinition(
      name,
      {
        scope,
        roleDefinitionId: definitionGuid(appliance, subscriptionId, key),
        // Names of custom roles are unique in a tenant.
        roleName: `Strongroom ${role.title} (${appliance}, ${subscriptionId})`,
        roleType: 'CustomRole',
        description: role.description,
        assignableScopes: [scope],
        permissions: [
          {
            actions: role.actions.map(({ action }) => action),
            dataActions: role.dataActions.map(({ action }) => action),
          },
        ],
      },
      { parent: this },
    );
  }
}

function definitionGuid(appliance: string, subscriptionId: string, role: RoleKey): string {
  return stableGuid('role', appliance, subscriptionId, role);
}

function definitionId(appliance: string, subscriptionId: string, role: Grant['role']): string {
  const guid = typeof role === 'string' ? definitionGuid(appliance, subscriptionId, role) : builtInRoles[role.builtIn];
  return `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
}

/** The names in an ARM id: of the resource and its parents, or of the group or subscription. */
function labelOf(scope: string): string {
  const [own, resource] = scope.split('/providers/');
  if (!resource) return own!.split('/').at(-1)!;
  const names = resource.split('/').filter((name, i) => i > 0 && i % 2 === 0 && name !== 'default');
  return names.join('-');
}
