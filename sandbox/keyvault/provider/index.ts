import { joinsViaServiceEndpoint, withLinks } from '../../arm/access/links.ts';
import type { ArmCall, ArmReply, Provider } from '../../arm/types.ts';
import { keyVaultVersions } from '../apiVersions.ts';
import { VAULT, type Vaults } from '../contents/vaults.ts';
import { armKeyType, armKeyVersionType, armSecretType } from './contents.ts';
import { deletedVaultListType, deletedVaultType } from './deletedVaults.ts';
import { connectionType, linkResourceType } from './privateLink.ts';
import { accessPolicyType, vaultType, whyNotAvailable } from './vaults.ts';

/** POST …/checkNameAvailability (REST: Vaults - Check Name Availability). */
function checkName(vaults: Vaults, call: ArmCall): ArmReply | undefined {
  const asked = call.method === 'POST' && /\/checkNameAvailability$/i.test(call.path.type);
  if (!asked) return undefined;
  const refused = whyNotAvailable(vaults, String((call.body as { name?: unknown } | undefined)?.name));
  const reason = refused?.code === 'VaultNameNotValid' ? 'AccountNameInvalid' : 'AlreadyExists';
  return {
    status: 200,
    body: refused ? { nameAvailable: false, reason, message: refused.message } : { nameAvailable: true },
  };
}

/** Managed HSMs: there are none, and none can be made here. */
const managedHsmTypes = ['managedHSMs', 'deletedManagedHSMs'].map((kind) => ({
  type: `Microsoft.KeyVault/${kind}`,
  list: () => [],
}));

/** Microsoft.KeyVault: vaults, deleted vaults, and what ARM sees of their contents. */
export function keyVaultProvider(vaults: Vaults): Provider {
  return {
    namespace: 'Microsoft.KeyVault',
    apiVersions: keyVaultVersions,
    types: withLinks(
      [
        vaultType(vaults),
        accessPolicyType(vaults),
        deletedVaultType(vaults),
        deletedVaultListType(vaults),
        connectionType,
        linkResourceType,
        armKeyType(vaults),
        armKeyVersionType(vaults),
        armSecretType(vaults),
        ...managedHsmTypes,
      ],
      { [VAULT]: [joinsViaServiceEndpoint('properties.networkAcls.virtualNetworkRules[].id')] },
    ),
    other: (call) => checkName(vaults, call),
  };
}
