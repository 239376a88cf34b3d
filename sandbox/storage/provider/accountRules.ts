import { isIPv4 } from 'node:net';
import type { ArmCall, ArmResource, ArmWorld } from '../../arm/types.ts';
import { ArmError } from '../../arm/types.ts';
import { skuTier } from './accountModel.ts';

/** The body of a PUT or PATCH of an account. */
export interface AccountBody {
  location?: string;
  kind?: string;
  sku?: { name?: string };
  tags?: Record<string, string>;
  properties?: Record<string, unknown>;
  [field: string]: unknown;
}

const STANDARD = ['LRS', 'ZRS', 'GRS', 'RAGRS', 'GZRS', 'RAGZRS'].map((redundancy) => `Standard_${redundancy}`);
/** Kinds, with the SKUs that each can have ("Storage account overview"). */
export const ACCOUNT_SKUS: Record<string, string[]> = {
  StorageV2: [...STANDARD, 'Premium_LRS', 'Premium_ZRS'],
  Storage: ['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Premium_LRS'],
  BlobStorage: ['Standard_LRS', 'Standard_GRS', 'Standard_RAGRS'],
  BlockBlobStorage: ['Premium_LRS', 'Premium_ZRS'],
  FileStorage: [
    'Premium_LRS',
    'Premium_ZRS',
    ...['LRS', 'ZRS', 'GRS', 'GZRS'].map((name) => `StandardV2_${name}`),
    'PremiumV2_LRS',
    'PremiumV2_ZRS',
  ],
};
/** What only the creation of an account can set. */
const CREATE_ONLY = ['isHnsEnabled', 'isNfsV3Enabled', 'dnsEndpointType'];
const CLOSED: Record<string, string[]> = {
  accessTier: ['Hot', 'Cool', 'Cold', 'Premium'],
  minimumTlsVersion: ['TLS1_0', 'TLS1_1', 'TLS1_2', 'TLS1_3'],
  publicNetworkAccess: ['Enabled', 'Disabled', 'SecuredByPerimeter'],
  allowedCopyScope: ['PrivateLink', 'AAD'],
};

/** @throws ArmError 400 with the provider's codes */
export function checkAccount(call: ArmCall, existing: ArmResource | undefined): void {
  const body = (call.body ?? {}) as AccountBody;
  const kind = body.kind ?? (existing?.kind as string | undefined);
  const sku = body.sku?.name ?? (existing?.sku as { name: string } | undefined)?.name;
  if (!kind || ACCOUNT_SKUS[kind] === undefined) throw notAllowed('kind', kind);
  if (!sku || !Object.values(ACCOUNT_SKUS).some((names) => names.includes(sku))) throw notAllowed('sku.name', sku);
  if (!ACCOUNT_SKUS[kind].includes(sku)) {
    const message = `The sku ${sku} is not supported for accounts of kind ${kind}. Use one of ${ACCOUNT_SKUS[kind].join(', ')}.`;
    throw new ArmError(400, 'InvalidAccountType', message);
  }
  for (const [property, values] of Object.entries(CLOSED)) {
    const given = body.properties?.[property];
    if (given != null && !values.includes(given as string)) throw notAllowed(property, given);
  }
  const tier = body.properties?.accessTier;
  if (!existing && kind === 'BlobStorage' && tier === undefined) {
    throw new ArmError(
      400,
      'AccessTierRequired',
      "The 'accessTier' property is required for accounts of kind BlobStorage.",
    );
  }
  if (tier != null && (tier === 'Premium') !== (skuTier(sku) === 'Premium')) {
    throw new ArmError(
      400,
      'InvalidAccessTier',
      `The access tier ${String(tier)} is not allowed for this account kind.`,
    );
  }
  if (existing) checkChange(existing, body, kind, sku);
  checkImmutability(body, existing, kind);
  checkNetwork(call.world, body.properties?.networkAcls);
}

function notAllowed(property: string, value: unknown): ArmError {
  const message = `The value '${value === undefined ? '' : String(value)}' is not allowed for property ${property}.`;
  return new ArmError(400, 'InvalidRequestPropertyValue', message);
}

function checkChange(existing: ArmResource, { properties = {} }: AccountBody, kind: string, sku: string): void {
  const before = existing.properties ?? {};
  for (const name of CREATE_ONLY) {
    if (
      properties[name] != null &&
      properties[name] !== (before[name] ?? (name === 'dnsEndpointType' ? 'Standard' : false))
    )
      readOnly(name);
  }
  const encryption = properties.encryption as { requireInfrastructureEncryption?: boolean } | undefined;
  const was = before.encryption as { requireInfrastructureEncryption?: boolean };
  const infrastructure = encryption?.requireInfrastructureEncryption;
  if (infrastructure != null && infrastructure !== (was.requireInfrastructureEncryption ?? false)) {
    readOnly('requireInfrastructureEncryption');
  }
  // General-purpose v1 and blob storage accounts can be upgraded to v2, and nothing else.
  const upgrade = kind === 'StorageV2' && ['Storage', 'BlobStorage'].includes(existing.kind as string);
  if (kind !== existing.kind && !upgrade) readOnly('kind');
  if (skuTier(sku) !== skuTier((existing.sku as { name: string }).name)) {
    const message = `Storage account ${existing.name} does not support sku conversion to ${sku}.`;
    throw new ArmError(400, 'StorageAccountTypeConversionNotAllowed', message);
  }
}

function readOnly(property: string): never {
  throw new ArmError(
    400,
    'AccountPropertyCannotBeUpdated',
    `The property '${property}' was specified in the input, but it cannot be updated as it is read-only. ` +
      'For more information, see - https://aka.ms/storageaccountupdate',
  );
}

interface AccountImmutability {
  enabled?: boolean;
  immutabilityPolicy?: { immutabilityPeriodSinceCreationInDays?: number; state?: string };
}

/** Version-level immutability of an account is for its creation; a locked policy only becomes longer. */
function checkImmutability({ properties = {} }: AccountBody, existing: ArmResource | undefined, kind: string): void {
  const name = 'immutableStorageWithVersioning';
  const wanted = properties[name] as AccountImmutability | undefined;
  if (!wanted) return;
  const before = existing?.properties?.[name] as AccountImmutability | undefined;
  if (existing && wanted.enabled !== undefined && wanted.enabled !== (before?.enabled ?? false)) readOnly(name);
  if (wanted.enabled && (properties.isHnsEnabled === true || !['StorageV2', 'BlockBlobStorage'].includes(kind))) {
    throw new ArmError(
      400,
      'AccountPropertyCannotBeSet',
      `The property '${name}' cannot be set for an account of kind ${kind}${properties.isHnsEnabled ? ' with a hierarchical namespace' : ''}.`,
    );
  }
  const policy = wanted.immutabilityPolicy;
  if (!policy) return;
  const days = policy.immutabilityPeriodSinceCreationInDays;
  if (days !== undefined && !(days >= 1 && days <= 146_000)) {
    throw notAllowed(`${name}.immutabilityPolicy.immutabilityPeriodSinceCreationInDays`, days);
  }
  const old = before?.immutabilityPolicy;
  const weaker = policy.state !== 'Locked' || (days ?? 0) < (old?.immutabilityPeriodSinceCreationInDays ?? 0);
  if (old?.state === 'Locked' && weaker) readOnly(`${name}.immutabilityPolicy`);
  if (policy.state === 'Locked' && old?.state !== 'Locked' && old?.state !== 'Unlocked') {
    throw notAllowed(`${name}.immutabilityPolicy.state`, policy.state);
  }
}

interface NetworkAcls {
  ipRules?: { value?: string }[];
  virtualNetworkRules?: { id?: string }[];
}

const PRIVATE = [/^10\./, /^192\.168\./, /^172\.(1[6-9]|2\d|3[01])\./];

function checkNetwork(world: ArmWorld, given: unknown): void {
  const { ipRules = [], virtualNetworkRules = [] } = (given ?? {}) as NetworkAcls;
  for (const { value = '' } of ipRules) {
    const [address = '', bits] = value.split('/');
    // "Grant access from an internet IP range": public addresses; small ranges are given as single addresses.
    const range = bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= 30);
    if (!isIPv4(address) || !range || PRIVATE.some((pattern) => pattern.test(address))) {
      throw new ArmError(
        400,
        'InvalidValuesForRequestParameters',
        'Values for request parameters are invalid: networkAcls.ipRule[*].value. ' +
          `The value '${value}' is no public IPv4 address or range. For more information, see - https://aka.ms/storagenetworkruleset`,
      );
    }
  }
  for (const { id = '' } of virtualNetworkRules) {
    const subnet = world.store.get(id);
    const endpoints = (subnet?.properties?.serviceEndpoints ?? []) as { service?: string }[];
    if (endpoints.some(({ service }) => /^Microsoft\.Storage(\.Global)?$/i.test(service ?? ''))) continue;
    const [network, name] = [id.split('/').at(-3), id.split('/').at(-1)];
    throw new ArmError(
      400,
      'NetworkAclsValidationFailure',
      'Validation of network acls failure: ' +
        (subnet
          ? `SubnetsHaveNoServiceEndpointsConfigured:Subnets ${name} of virtual network ${network} do not have ` +
            "ServiceEndpoints for Microsoft.Storage resources configured. Add Microsoft.Storage to subnet's " +
            'ServiceEndpoints collection before trying to ACL Microsoft.Storage resources to these subnets..'
          : `SubnetsNotProvisioned:Cannot proceed with operation because subnets ${name} of the virtual network ${network} are not provisioned.`),
    );
  }
}
