import type { Provider } from '../../arm/types.ts';
import { accountKeys } from '../accountKeys.ts';
import type { DataPlane } from '../dataPlane.ts';
import { accountType } from './accounts.ts';
import { contentTypes } from './contents.ts';
import { checkNameAvailability, privateLinkResources } from './queries.ts';
import { managementPolicyType, privateEndpointConnectionType, serviceTypes } from './settings.ts';

/** Microsoft.Storage. Bodies follow API version 2026-04-01. */
export function storageProvider(options: { seed: string; dataPlane: DataPlane }): Provider {
  const { seed, dataPlane } = options;
  return {
    namespace: 'Microsoft.Storage',
    types: [
      accountType({ keysOf: (account) => accountKeys(seed, account), dataPlane }),
      ...serviceTypes(),
      ...contentTypes(dataPlane),
      managementPolicyType(),
      privateEndpointConnectionType(),
    ],
    other: (call) => checkNameAvailability(call) ?? privateLinkResources(call),
  };
}
