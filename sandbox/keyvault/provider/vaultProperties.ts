import { isIPv4 } from 'node:net';
import type { ArmCall, ArmResource } from '../../arm/types.ts';
import { badRequest } from './errors.ts';

/** The properties of a vault as requests carry them. */
export interface VaultProperties {
  createMode?: 'default' | 'recover';
  tenantId?: string;
  sku?: { family?: string; name?: string };
  accessPolicies?: unknown[];
  enablePurgeProtection?: boolean | null;
  enableSoftDelete?: boolean;
  softDeleteRetentionInDays?: number;
  enableRbacAuthorization?: boolean | null;
  [field: string]: unknown;
}

/** From this version on a vault that does not say otherwise uses Azure RBAC ("API version 2026-02-01 and later"). */
const RBAC_BY_DEFAULT = '2026-02-01';
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What can never be changed back or never be set. @throws ArmError 400 BadRequest */
function checkProtection(given: VaultProperties, existing: ArmResource | undefined): void {
  const { enablePurgeProtection, enableSoftDelete, softDeleteRetentionInDays: days } = given;
  const before = existing?.properties as VaultProperties | undefined;
  if (enablePurgeProtection === false && before?.enablePurgeProtection === true) {
    throw badRequest(
      'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an ' +
        'irreversible action.',
    );
  }
  if (enablePurgeProtection === false && !before) {
    throw badRequest('The property "enablePurgeProtection" cannot be set to false. Leave it out, or set it to true.');
  }
  if (enableSoftDelete === false) {
    throw badRequest('The property "enableSoftDelete" cannot be set to false: soft delete is on for every vault.');
  }
  if (days === undefined) return;
  if (!Number.isInteger(days) || days < 7 || days > 90) {
    throw badRequest(`The property "softDeleteRetentionInDays" is ${days}; it must be an integer from 7 to 90.`);
  }
  if (before && days !== before.softDeleteRetentionInDays) {
    throw badRequest('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.');
  }
}

/** @throws ArmError 400 BadRequest */
function checkWhole({ tenantId, sku }: VaultProperties, name: string): void {
  const absent = sku ? (tenantId ? undefined : 'tenantId') : 'sku';
  if (absent) throw badRequest(`The parameter '${absent}' of vault '${name}' is required.`);
  if (!GUID.test(tenantId!)) throw badRequest(`The tenantId '${tenantId}' of vault '${name}' is not a GUID.`);
  const known = sku!.family?.toUpperCase() === 'A' && /^(standard|premium)$/i.test(sku!.name ?? '');
  if (!known) throw badRequest(`The SKU of vault '${name}' must be of family 'A' and name 'standard' or 'premium'.`);
}

interface NetworkAcls {
  ipRules?: { value?: string }[];
  virtualNetworkRules?: unknown[];
  [field: string]: unknown;
}

/** IPv4 addresses are kept as ranges: `192.0.2.1` becomes `192.0.2.1/32`. @throws ArmError 400 BadRequest */
function normalizedAcls(acls: NetworkAcls): NetworkAcls {
  const ipRules = (acls.ipRules ?? []).map(({ value = '' }) => {
    const [address = '', bits = '32', ...more] = value.split('/');
    const sound = more.length === 0 && isIPv4(address) && /^\d+$/.test(bits) && Number(bits) <= 32;
    if (!sound) throw badRequest(`The IP rule '${value}' in networkAcls is not an IPv4 address or range.`);
    return { value: `${address}/${bits}` };
  });
  return { ...acls, ipRules, virtualNetworkRules: acls.virtualNetworkRules ?? [] };
}

/** The fields that were given with a value; `null` takes a field away, as leaving it out does. */
function present(given: VaultProperties): VaultProperties {
  const { createMode: _mode, vaultUri: _uri, provisioningState: _state, ...kept } = given;
  const fields: VaultProperties & { networkAcls?: NetworkAcls } = Object.fromEntries(
    Object.entries(kept).filter(([, value]) => value != null),
  );
  return fields.networkAcls ? { ...fields, networkAcls: normalizedAcls(fields.networkAcls) } : fields;
}

/** What a PUT makes of a vault. @throws ArmError 400 BadRequest */
export function writtenProperties(call: ArmCall, given: VaultProperties, existing: ArmResource | undefined) {
  const { name } = call.path;
  checkWhole(given, name);
  checkProtection(given, existing);
  const kept = existing?.properties as VaultProperties | undefined;
  return {
    accessPolicies: [],
    enabledForDeployment: false,
    enabledForDiskEncryption: false,
    enabledForTemplateDeployment: false,
    enableSoftDelete: true,
    softDeleteRetentionInDays: kept?.softDeleteRetentionInDays ?? 90,
    enableRbacAuthorization: kept?.enableRbacAuthorization ?? call.apiVersion >= RBAC_BY_DEFAULT,
    publicNetworkAccess: 'Enabled',
    ...(kept?.enablePurgeProtection === true && { enablePurgeProtection: true }),
    ...present(given),
    vaultUri: `https://${name.toLowerCase()}.vault.azure.net/`,
    provisioningState: 'Succeeded',
  };
}

/** What a PATCH makes of it: the fields given replace the old ones. @throws ArmError 400 BadRequest */
export function patchedProperties(given: VaultProperties, existing: ArmResource): Record<string, unknown> {
  checkProtection(given, existing);
  const properties = { ...existing.properties, ...present(given) };
  checkWhole(properties, existing.name);
  return properties;
}
