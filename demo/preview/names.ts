import { builtInRoles } from '../../sandbox/arm/providers/authorization/builtInRoles/index.ts';
import type { Preview } from '../../sandbox/pulumi/preview.ts';

/** What people call the things that ids stand for: roles and identities. The id itself where nobody knows. */
export type NameOf = (id: string) => string;

export function namesIn({ resources, outputs }: Preview): NameOf {
  const identities = Object.entries((outputs.identityIds ?? {}) as Record<string, { principalId: string }>);
  const names = new Map<string, string>([
    ...builtInRoles.map(({ id, roleName }): [string, string] => [lastOf(id), roleName]),
    ...resources
      .filter(({ type }) => type === 'azure-native:authorization:RoleDefinition')
      .map(({ id, inputs }): [string, string] => [lastOf(id), String(inputs.roleName).replace(/ \(.*$/, '')]),
    ...identities.map(([name, { principalId }]): [string, string] => [principalId, name]),
  ]);
  return (id) => names.get(lastOf(id)) ?? lastOf(id);
}

function lastOf(id: string): string {
  return id.split('/').at(-1)!.toLowerCase();
}
