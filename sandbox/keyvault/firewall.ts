import type { ArmResource } from '../arm/types.ts';
import { inRange } from '../core/addresses.ts';
import type { Origin, Principal } from '../core/types.ts';
import { VaultError } from './errors.ts';

interface Rules {
  bypass?: string;
  defaultAction?: string;
  ipRules?: { value?: string }[];
  virtualNetworkRules?: { id?: string }[];
}

/**
 * Why a vault's firewall refuses what comes from an origin ("Configure network security for Azure Key Vault"; texts as
 * clients report them). Private endpoints are let in when their connection is approved and leads to this vault.
 * @param principal of the token, where there is a valid one
 */
export function refuseOrigin(
  vault: ArmResource,
  origin: Origin | undefined,
  principal: Principal | undefined,
): VaultError | undefined {
  if (origin === undefined) return undefined;
  const { privateLink, address, subnetId } = origin;
  const { publicNetworkAccess, networkAcls } = vault.properties ?? {};
  const { bypass, defaultAction, ipRules = [], virtualNetworkRules = [] } = (networkAcls ?? {}) as Rules;
  const who = principal ? [`Caller: appid=${principal.clientId};oid=${principal.objectId}`] : [];
  const forbidden = (code: string, text: string, ...more: string[]) =>
    new VaultError(
      403,
      'Forbidden',
      [text, ...more, ...who, `Vault: ${vault.name};location=${vault.location}`].join('\r\n'),
      code,
    );
  const linked = privateLink && privateLink.targetId.toLowerCase() === vault.id.toLowerCase() && privateLink.approved;
  if (linked) return undefined;
  if (privateLink || String(publicNetworkAccess).toLowerCase() === 'disabled') {
    const text =
      bypass === 'AzureServices'
        ? 'Public network access is disabled and request is not from a trusted service nor via an approved private link.'
        : "Connection is not an approved private link and caller was ignored because bypass is not set to 'AzureServices' " +
          "and PublicNetworkAccess is set to 'Disabled'.";
    return forbidden('ForbiddenByConnection', text);
  }
  if (defaultAction !== 'Deny') return undefined;
  const subnet = subnetId?.toLowerCase();
  const listed =
    subnet === undefined
      ? ipRules.some(({ value = '' }) => inRange(address, value))
      : virtualNetworkRules.some(({ id }) => id?.toLowerCase() === subnet);
  if (listed) return undefined;
  return forbidden(
    'ForbiddenByFirewall',
    'Client address is not authorized and caller is not a trusted service.',
    `Client address: ${address}`,
  );
}
