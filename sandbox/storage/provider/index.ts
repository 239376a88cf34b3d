import { assignsIdentities, joinsViaServiceEndpoint, withLinks } from '../../arm/access/links.ts';
import type { Provider } from '../../arm/types.ts';
import { ACCOUNT_TYPE } from '../accounts.ts';
import type { DataPlane } from '../dataPlane.ts';
import type { Secrets } from '../secrets.ts';
import { accountType } from './accounts.ts';
import { storageVersions } from './apiVersions.ts';
import { containerType } from './containers.ts';
import { queueAndTableTypes } from './contents.ts';
import { immutabilityPolicyType } from './immutabilityPolicies.ts';
import { managementPolicyType, privateEndpointConnectionType } from './policies.ts';
import { checkNameAvailability, deletedAccountQueries, privateLinkResources, usages, skus } from './queries.ts';
import { serviceTypes } from './services.ts';

/** What an account's body names ("Configure network rules", required permissions; role Storage Account Contributor). */
const accountLinks = [joinsViaServiceEndpoint('properties.networkAcls.virtualNetworkRules[].id'), assignsIdentities];

/** Microsoft.Storage. Bodies follow API version 2026-04-01. */
export function storageProvider(options: { secrets: Secrets; dataPlane: DataPlane }): Provider {
  const { secrets, dataPlane } = options;
  return {
    namespace: 'Microsoft.Storage',
    apiVersions: storageVersions,
    types: withLinks(
      [
        accountType({ secrets, dataPlane }),
        ...serviceTypes(),
        containerType(dataPlane),
        immutabilityPolicyType(),
        ...queueAndTableTypes(dataPlane),
        managementPolicyType(),
        privateEndpointConnectionType(),
      ],
      { [ACCOUNT_TYPE]: accountLinks },
    ),
    other: (call) =>
      checkNameAvailability(call) ??
      privateLinkResources(call) ??
      usages(call) ??
      skus(call) ??
      deletedAccountQueries(call),
  };
}
