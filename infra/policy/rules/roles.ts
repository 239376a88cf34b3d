import type { Rule } from './rule.ts';

/** Built-in roles that can do anything, or give anything to anyone (Azure built-in roles). */
const mighty: Record<string, string> = {
  '8e3af657-a8ff-443c-a75c-2fe8c4bcb635': 'Owner',
  'b24988ac-6180-42a0-ab88-20f7382dd24c': 'Contributor',
  '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9': 'User Access Administrator',
  'f58310d9-a9f6-439a-9e8d-f62e7b41a168': 'Role Based Access Control Administrator',
};

/** What reads the parts of one type of resource; of some Azure publishes no other name. */
const readsOneType = /^Microsoft\.\w+\/\w+\/\*\/read$/i;

export const leastPrivilege: Rule = {
  name: 'least-privilege',
  description: 'No role that can do anything or hand out roles is assigned or defined.',
  check({ type, inputs }) {
    if (type === 'azure-native:authorization:RoleAssignment') {
      const role = mighty[String(inputs.roleDefinitionId).split('/').at(-1)!.toLowerCase()];
      return role === undefined
        ? []
        : [`the role ${role} must not be assigned; define one with the actions that are needed.`];
    }
    if (type !== 'azure-native:authorization:RoleDefinition') return [];
    const permissions = (inputs.permissions ?? []) as { actions?: string[]; dataActions?: string[] }[];
    return permissions
      .flatMap(({ actions = [], dataActions = [] }) => [...actions, ...dataActions])
      .filter(
        (action) =>
          (action.includes('*') && !readsOneType.test(action)) ||
          /^Microsoft\.Authorization\/.*(write|delete|action)$/i.test(action),
      )
      .map((action) => `action ${action} is more than anything here needs.`);
  },
};
