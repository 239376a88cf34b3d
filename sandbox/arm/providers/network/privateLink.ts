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
  'microsoft.compute/diskaccesses': { disks: diskAccessMembers },
  'microsoft.sql/servers': {
    sqlServer: ({ name }) => [{ member: 'sqlServer', fqdns: [`${name.toLowerCase()}.database.windows.net`] }],
  },
  'microsoft.sql/managedinstances': {
    managedInstance: ({ properties }) => [
      { member: 'managedInstance', fqdns: [String(properties?.fullyQualifiedDomainName)] },
    ],
  },
};

/** A disk access stands for one storage host, which the SAS URLs of its disks name ({@link exportHost}). */
function diskAccessMembers(access: ArmResource): LinkMember[] {
  return [{ member: 'diskAccess_1', fqdns: [exportHost(access)] }];
}

/** Where the hosts of a disk access lie. Microsoft's documents show both; `requiredZoneNames` follows. */
export type ExportSuffix = 'blob.core.windows.net' | 'blob.storage.azure.net';

export function exportSuffix({ properties }: ArmResource): ExportSuffix {
  return (properties?.exportSuffix as ExportSuffix | undefined) ?? 'blob.core.windows.net';
}

/** The host by which disks and snapshots are exported and uploaded through a disk access. */
export function exportHost(access: ArmResource): string {
  const hash = createHash('sha256').update(access.id.toLowerCase()).digest();
  const suffix = exportSuffix(access);
  const partition = suffix === 'blob.storage.azure.net' ? `.z${(hash.at(-1)! % 49) + 1}` : '';
  return `md-impexp-${hash.toString('hex').slice(0, 12)}${partition}.${suffix}`;
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

/** What follows `privatelink.` in the names of zones whose public suffix is the same. */
const SUFFIXES =
  /\.((blob|queue|table|file|dfs|web)\.(core\.windows\.net|storage\.azure\.net)|azurewebsites\.net|database\.windows\.net)$/;
/** A managed instance's names lie in a zone of its network: `{instance}.{zone}.database.windows.net`. */
const INSTANCE = /^[^.]+\.([^.]+\.database\.windows\.net)$/;

/**
 * The name that public DNS makes an alias of, once a private endpoint leads to a resource: `{account}.blob.core.windows.net`
 * becomes `{account}.privatelink.blob.core.windows.net` ("Azure Private Endpoint private DNS zone values").
 */
export function privateLinkName(fqdn: string): string | undefined {
  const other = Object.entries(publicSuffixes).find(([, suffix]) => fqdn.endsWith(`.${suffix}`));
  if (other) return `${fqdn.slice(0, -other[1].length)}${other[0]}`;
  const suffix = INSTANCE.exec(fqdn)?.[1] ?? SUFFIXES.exec(fqdn)?.[1];
  return suffix && `${fqdn.slice(0, -suffix.length)}privatelink.${suffix}`;
}
