import { createHash } from 'node:crypto';
import type { ArmResource } from '../../types.ts';

/** One address that a private endpoint needs for a sub-resource, and the names that lead to it. */
export interface LinkMember {
  member: string;
  fqdns: string[];
}

/** Sub-resources (`groupIds`) of each type that private endpoints can lead to, by lower-case type and group. */
const targets: Record<string, Record<string, (resource: ArmResource) => LinkMember[]>> = {
  'microsoft.storage/storageaccounts': Object.fromEntries(
    ['blob', 'queue', 'table', 'file', 'dfs', 'web'].map((service) => [
      service,
      ({ name }: ArmResource) => [{ member: service, fqdns: [`${name}.${service}.core.windows.net`] }],
    ]),
  ),
  'microsoft.keyvault/vaults': {
    vault: ({ name }) => [{ member: 'default', fqdns: [`${name.toLowerCase()}.vault.azure.net`] }],
  },
  'microsoft.web/sites': {
    sites: ({ name }) => [
      {
        member: 'sites',
        fqdns: [`${name.toLowerCase()}.azurewebsites.net`, `${name.toLowerCase()}.scm.azurewebsites.net`],
      },
    ],
  },
  'microsoft.compute/diskaccesses': { disks: ({ id }) => diskAccessMembers(id) },
  'microsoft.sql/servers': {
    sqlServer: ({ name }) => [{ member: 'sqlServer', fqdns: [`${name.toLowerCase()}.database.windows.net`] }],
  },
  'microsoft.sql/managedinstances': {
    managedInstance: ({ properties }) => [
      { member: 'managedInstance', fqdns: [String(properties?.fullyQualifiedDomainName)] },
    ],
  },
};

/** A disk access stands for the storage hosts that its disks' SAS URLs name: `md-…` in a numbered zone, and `md-impexp-…`. */
function diskAccessMembers(id: string): LinkMember[] {
  const word = createHash('sha256').update(id.toLowerCase()).digest('hex').slice(0, 12);
  const fqdns = [`md-${word}.z01.blob.storage.azure.net`, `md-impexp-${word}.blob.core.windows.net`];
  return [{ member: 'diskAccess_1', fqdns }];
}

/** The members of a sub-resource; undefined when the target has no such group. */
export function linkMembers(target: ArmResource, groupId: string): LinkMember[] | undefined {
  return targets[target.type.toLowerCase()]?.[groupId]?.(target);
}

/** `privatelink.vaultcore.azure.net` serves `vault.azure.net`; elsewhere the public suffix is the zone's own. */
const publicSuffixes: Record<string, string> = { 'privatelink.vaultcore.azure.net': 'vault.azure.net' };

/** The name of an FQDN's record in a `privatelink.` zone; undefined when the zone does not serve it. */
export function recordName(fqdn: string, zone: string): string | undefined {
  const suffix = publicSuffixes[zone.toLowerCase()] ?? zone.toLowerCase().replace(/^privatelink\./, '');
  return fqdn.endsWith(`.${suffix}`) ? fqdn.slice(0, -suffix.length - 1) : undefined;
}
