import { authorizationVersions } from './apiVersions.ts';
import type { Provider } from '../../types.ts';
import { locks } from './locks.ts';
import { roleAssignments } from './roleAssignments.ts';
import { roleDefinitions } from './roleDefinitions.ts';

/** Microsoft.Authorization: roles and who holds them. */
export const authorization: Provider = {
  namespace: 'Microsoft.Authorization',
  apiVersions: authorizationVersions,
  types: [roleAssignments, roleDefinitions, locks],
};
