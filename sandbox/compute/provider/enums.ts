import type { ArmCall, Provider, ResourceType } from '../../arm/types.ts';
import { SIZES } from './catalogue/sizes.ts';

const SKUS = [
  ...['Standard_LRS', 'Standard_ZRS', 'StandardSSD_LRS', 'StandardSSD_ZRS', 'Premium_LRS', 'Premium_ZRS'],
  ...['PremiumV2_LRS', 'UltraSSD_LRS'],
];

/** Values of closed sets, by the name of the property; `parent.name` where the name alone says too little. */
const VALUES: Record<string, readonly string[]> = {
  access: ['Read', 'Write'],
  caching: ['None', 'ReadOnly', 'ReadWrite'],
  commandId: ['RunShellScript', 'RunPowerShellScript', 'ifconfig'],
  consistencyMode: ['CrashConsistent', 'FileSystemConsistent', 'ApplicationConsistent'],
  createOption: [
    ...['Empty', 'Attach', 'FromImage', 'Import', 'Copy', 'Restore', 'Upload', 'CopyStart', 'ImportSecure'],
    ...['UploadPreparedSecure', 'CopyFromSanSnapshot'],
  ],
  dataAccessAuthMode: ['None', 'AzureActiveDirectory'],
  deleteOption: ['Delete', 'Detach'],
  'encryption.type': [
    'EncryptionAtRestWithPlatformKey',
    'EncryptionAtRestWithCustomerKey',
    'EncryptionAtRestWithPlatformAndCustomerKeys',
  ],
  encryptionType: [
    'EncryptionAtRestWithCustomerKey',
    'EncryptionAtRestWithPlatformAndCustomerKeys',
    'ConfidentialVmEncryptedWithCustomerKey',
  ],
  evictionPolicy: ['Deallocate', 'Delete'],
  fileFormat: ['VHD', 'VHDX'],
  hyperVGeneration: ['V1', 'V2'],
  'identity.type': ['SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'None'],
  networkAccessPolicy: ['AllowAll', 'AllowPrivate', 'DenyAll'],
  osType: ['Windows', 'Linux'],
  priority: ['Regular', 'Low', 'Spot'],
  'privateLinkServiceConnectionState.status': ['Approved', 'Pending', 'Rejected'],
  publicNetworkAccess: ['Enabled', 'Disabled'],
  securityType: ['Standard', 'TrustedLaunch', 'ConfidentialVM'],
  'sku.name': SKUS,
  storageAccountType: SKUS,
  vmSize: SIZES.map(({ name }) => name),
};
/** A request's body with the values of closed sets in the casing that Azure gives back: requests may have any. */
export function canonicalValues(value: unknown, name = '', parent = ''): unknown {
  if (name === 'tags') return value;
  if (Array.isArray(value)) return value.map((item) => canonicalValues(item, name, parent));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, canonicalValues(v, key, name)]));
  }
  if (typeof value !== 'string') return value;
  const known = VALUES[`${parent}.${name}`] ?? VALUES[name] ?? [];
  return known.find((candidate) => candidate.toLowerCase() === value.toLowerCase()) ?? value;
}

/** The provider with requests in canonical values. */
export function withCanonicalValues(provider: Provider): Provider {
  const canonical = (call: ArmCall): ArmCall => ({ ...call, body: canonicalValues(call.body) });
  const wrapped = (type: ResourceType): ResourceType => ({
    ...type,
    ...(type.put && { put: (call, existing) => type.put!(canonical(call), existing) }),
    ...(type.patch && { patch: (call, existing) => type.patch!(canonical(call), existing) }),
    ...(type.actions && {
      actions: Object.fromEntries(
        Object.entries(type.actions).map(([name, act]): [string, typeof act] => [
          name,
          (call, existing) => act(canonical(call), existing),
        ]),
      ),
    }),
  });
  return { ...provider, types: provider.types.map(wrapped) };
}
