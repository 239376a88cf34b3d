import type { ArmResource } from '../arm/types.ts';
import { inRange } from '../core/addresses.ts';
import type { VaultGate } from './access.ts';
import { callerOf, placeOf, VaultError } from './errors.ts';

interface Rules {
  bypass?: string;
  defaultAction?: string;
  ipRules?: { value?: string }[];
  virtualNetworkRules?: { id?: string }[];
}

/**
 * Refuses what a vault's firewall does not let in ("Configure network security for Azure Key Vault"; texts as clients report
 * them). Private endpoints are let in when their connection is approved and leads to this vault.
 */
export function firewallGate(tenantId: string): VaultGate['network'] {
  return (vault, { privateLink, address, subnetId }, principal) => {
    const forbidden = (code: string, text: string, ...more: string[]) => {
      const lines = [text, ...more, `Caller: ${callerOf(principal, tenantId)}`, `Vault: ${placeOf(vault)}`];
      return new VaultError(403, 'Forbidden', lines.join('\r\n'), code);
    };
    if (privateLink) {
      const leadsHere = privateLink.targetId.toLowerCase() === vault.id.toLowerCase();
      return leadsHere && privateLink.approved ? undefined : forbidden('ForbiddenByConnection', notByLink(vault));
    }
    if (String(vault.properties?.publicNetworkAccess).toLowerCase() === 'disabled') {
      return forbidden('ForbiddenByConnection', notByLink(vault));
    }
    if (isListed(rulesOf(vault), address, subnetId?.toLowerCase())) return undefined;
    const text = 'Client address is not authorized and caller is not a trusted service.';
    return forbidden('ForbiddenByFirewall', text, `Client address: ${address}`);
  };
}

const rulesOf = ({ properties }: ArmResource) => (properties?.networkAcls ?? {}) as Rules;

function isListed(rules: Rules, address: string, subnet: string | undefined): boolean {
  const { defaultAction, ipRules = [], virtualNetworkRules = [] } = rules;
  if (defaultAction !== 'Deny') return true;
  if (subnet !== undefined) return virtualNetworkRules.some(({ id }) => id?.toLowerCase() === subnet);
  return ipRules.some(({ value = '' }) => inRange(address, value));
}

function notByLink(vault: ArmResource): string {
  return rulesOf(vault).bypass === 'AzureServices'
    ? 'Public network access is disabled and request is not from a trusted service nor via an approved private link.'
    : "Connection is not an approved private link and caller was ignored because bypass is not set to 'AzureServices' " +
        "and PublicNetworkAccess is set to 'Disabled'.";
}
