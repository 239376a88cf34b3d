import { managedIdentityVersions } from './apiVersions.ts';
import type { Provider } from '../../types.ts';
import { federatedIdentityCredentials } from './federatedCredentials.ts';
import { userAssignedIdentities } from './identities.ts';

/** Microsoft.ManagedIdentity. */
export const managedIdentity: Provider = {
  namespace: 'Microsoft.ManagedIdentity',
  apiVersions: managedIdentityVersions,
  types: [userAssignedIdentities, federatedIdentityCredentials],
};
