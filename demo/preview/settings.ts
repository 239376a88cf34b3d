import { alwaysReady } from './cost.ts';
import type { NameOf } from './names.ts';

type Inputs = Record<string, unknown>;

/** What matters of a resource, in a few words, in the order in which it is read. */
export function settingsOf(type: string, inputs: Inputs, nameOf: NameOf): string[] {
  const describe = byType[type.replace(/^azure-native:/, '')];
  return (describe?.(inputs, nameOf) ?? []).filter((word) => word !== '');
}

const byType: Record<string, (inputs: Inputs, nameOf: NameOf) => string[]> = {
  'authorization:ManagementLockByScope': ({ level }) => [text(level)],
  'authorization:RoleAssignment': ({ description, scope, principalId, roleDefinitionId }, nameOf) => [
    `${nameOf(text(principalId))}: ${nameOf(text(roleDefinitionId))} on ${scopeName(text(scope))}`,
    text(description).replace(/^Strongroom \w+: /, ''),
  ],
  'authorization:RoleDefinition': ({ roleName, permissions }) => {
    const [{ actions = [], dataActions = [] } = {}] = (permissions ?? []) as {
      actions?: string[];
      dataActions?: string[];
    }[];
    return [text(roleName), count(actions.length, 'action'), count(dataActions.length, 'data action')];
  },
  'keyvault:Key': ({ properties }) => {
    const { kty, keySize, keyOps } = properties as { kty?: string; keySize?: number; keyOps?: string[] };
    return [`${kty} ${keySize}`, (keyOps ?? []).join(' ')];
  },
  'keyvault:Vault': ({ properties }) => {
    const { publicNetworkAccess, enablePurgeProtection, enableRbacAuthorization } = properties as Inputs;
    return [
      access(publicNetworkAccess),
      enablePurgeProtection ? 'purge protection' : '',
      enableRbacAuthorization ? 'roles' : 'access policies',
    ];
  },
  'network:NetworkSecurityGroup': ({ securityRules }) =>
    list(securityRules).map(
      ({ direction, access: verdict, name }) =>
        `${text(direction).toLowerCase()} ${text(verdict).toLowerCase()} ${text(name)}`,
    ),
  'network:PrivateDnsZoneGroup': ({ privateDnsZoneConfigs }) =>
    list(privateDnsZoneConfigs).map(({ privateDnsZoneId }) => lastOf(privateDnsZoneId)),
  'network:PrivateEndpoint': (inputs) =>
    [...list(inputs.privateLinkServiceConnections), ...list(inputs.manualPrivateLinkServiceConnections)].map(
      ({ privateLinkServiceId, groupIds }) => `→ ${lastOf(privateLinkServiceId)} ${(groupIds as string[]).join(' ')}`,
    ),
  'network:RouteTable': ({ routes }) =>
    list(routes).map(({ addressPrefix, nextHopIpAddress }) => `${text(addressPrefix)} via ${text(nextHopIpAddress)}`),
  'network:VirtualNetwork': ({ addressSpace, subnets }) => [
    ((addressSpace as { addressPrefixes?: string[] } | undefined)?.addressPrefixes ?? []).join(' '),
    ...list(subnets).map(({ name, addressPrefix }) => `${text(name)} ${text(addressPrefix)}`),
  ],
  'operationalinsights:Workspace': ({ retentionInDays }) => [`${text(retentionInDays)} days`],
  'privatedns:VirtualNetworkLink': ({ virtualNetwork }) => [`→ ${lastOf((virtualNetwork as Inputs | undefined)?.id)}`],
  'resources:ResourceGroup': ({ location }) => [text(location)],
  'sql:Server': ({ publicNetworkAccess }) => [access(publicNetworkAccess)],
  'storage:BlobContainerImmutabilityPolicy': (inputs) => [`${text(inputs.immutabilityPeriodSinceCreationInDays)} days`],
  'storage:BlobServiceProperties': ({ isVersioningEnabled, deleteRetentionPolicy }) => {
    const { enabled, days } = (deleteRetentionPolicy ?? {}) as { enabled?: boolean; days?: number };
    return [isVersioningEnabled ? 'versions' : '', enabled ? `deleted blobs kept ${days} days` : ''];
  },
  'storage:ManagementPolicy': ({ policy }) => list((policy as Inputs).rules).map(({ name }) => text(name)),
  'storage:StorageAccount': ({ location, sku, accessTier, publicNetworkAccess, immutableStorageWithVersioning }) => [
    text(location),
    text((sku as Inputs).name).replace('Standard_', ''),
    text(accessTier),
    access(publicNetworkAccess),
    (immutableStorageWithVersioning as Inputs | undefined)?.enabled ? 'immutable' : '',
  ],
  'web:AppServicePlan': ({ sku }) => [text((sku as Inputs).tier)],
  'web:WebApp': (inputs) => {
    const { publicNetworkAccess, siteConfig } = inputs;
    const ranges = list((siteConfig as Inputs | undefined)?.ipSecurityRestrictions).map(({ ipAddress }) =>
      text(ipAddress),
    );
    const ready = alwaysReady(inputs);
    const { runtime } = (inputs.functionAppConfig ?? {}) as { runtime?: { name: string; version: string } };
    return [
      runtime ? `${runtime.name} ${runtime.version}` : '',
      inputs.virtualNetworkSubnetId ? `in subnet ${lastOf(inputs.virtualNetworkSubnetId)}` : '',
      access(publicNetworkAccess),
      ranges.length > 0 ? `for ${ranges.join(' ')}` : '',
      ready > 0 ? `${ready} always ready` : '',
    ];
  },
};

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function list(value: unknown): Inputs[] {
  return Array.isArray(value) ? (value as Inputs[]) : [];
}

function lastOf(id: unknown): string {
  return text(id).split('/').at(-1) ?? '';
}

/** A scope as people call it; groups of one name are there in several subscriptions. */
function scopeName(scope: string): string {
  const [, , subscription = '', , , provider] = scope.split('/');
  if (lastOf(scope) === subscription) return `subscription ${subscription}`;
  return provider ? lastOf(scope) : `group ${lastOf(scope)} of ${subscription}`;
}

function access(value: unknown): string {
  return value === 'Disabled' ? 'private' : 'public';
}

function count(number: number, word: string): string {
  return number === 0 ? '' : `${number} ${word}${number === 1 ? '' : 's'}`;
}
