import { storageVersions } from './apiVersions.ts';
import type { Provider } from '../../arm/types.ts';
import type { DataPlane } from '../dataPlane.ts';
import type { Secrets } from '../secrets.ts';
import { accountType } from './accounts.ts';
import { contentTypes } from './contents.ts';
import { checkNameAvailability, privateLinkResources } from './queries.ts';
import { managementPolicyType, privateEndpointConnectionType, serviceTypes } from './settings.ts';

/** Microsoft.Storage. Bodies follow API version 2026-04-01. */
export function storageProvider(options: { secrets: Secrets; dataPlane: DataPlane }): Provider {
  const { secrets, dataPlane } = options;
  return {
    namespace: 'Microsoft.Storage',
    apiVersions: storageVersions,
    types: [
      accountType({ keysOf: secrets.keysOf, dataPlane }),
      ...serviceTypes(),
      ...contentTypes(dataPlane),
      managementPolicyType(),
      privateEndpointConnectionType(),
    ],
    other: (call) => checkNameAvailability(call) ?? privateLinkResources(call),
  };
}
