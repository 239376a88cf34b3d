/** Storage account names: global, and part of host names. */
export const VALID_NAME = /^[a-z0-9]{3,24}$/;
export const NAME_RULE =
  'Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.';

type Properties = Record<string, unknown>;

export function skuTier(skuName: string): 'Premium' | 'Standard' {
  return skuName.startsWith('Premium') ? 'Premium' : 'Standard';
}

/**
 * The properties of an account as ARM returns them: defaults of a new one ("Storage account overview": public access of
 * blobs off, TLS 1.2, HTTPS only), then what it had, then what the request gives.
 */
export function accountProperties(
  account: { name: string; location: string; skuName: string; kind: string; now: string },
  existing: Properties | undefined,
  given: Properties = {},
): Properties {
  const { name, location, skuName, kind, now } = account;
  const creationTime = existing?.creationTime ?? now;
  const merged = { ...defaults(kind, skuName), ...existing, ...given };
  return {
    ...merged,
    encryption: encryption(merged.encryption as Properties | undefined, creationTime),
    networkAcls: networkAcls(merged.networkAcls as Properties | undefined),
    creationTime,
    primaryEndpoints: endpoints(name, kind),
    primaryLocation: location,
    provisioningState: 'Succeeded',
    statusOfPrimary: 'available',
  };
}

function defaults(kind: string, skuName: string): Properties {
  return {
    ...(kind !== 'Storage' && { accessTier: skuTier(skuName) === 'Premium' ? 'Premium' : 'Hot' }),
    allowBlobPublicAccess: false,
    allowCrossTenantReplication: false,
    dnsEndpointType: 'Standard',
    largeFileSharesState: 'Enabled',
    minimumTlsVersion: 'TLS1_2',
    publicNetworkAccess: 'Enabled',
    supportsHttpsTrafficOnly: true,
  };
}

function encryption(given: Properties | undefined, now: unknown): Properties {
  const enabled = { enabled: true, keyType: 'Account', lastEnabledTime: now };
  const services = (given?.services ?? {}) as Record<string, Properties>;
  const withTimes = Object.entries(services).map(([service, settings]) => [service, { ...enabled, ...settings }]);
  return {
    keySource: 'Microsoft.Storage',
    ...given,
    services: { blob: enabled, file: enabled, ...Object.fromEntries(withTimes) },
  };
}

function networkAcls(given: Properties | undefined): Properties {
  const ruled = (name: string) => (given?.[name] ?? []) as Properties[];
  return {
    bypass: 'AzureServices',
    defaultAction: 'Allow',
    ipv6Rules: [],
    ...given,
    ipRules: ruled('ipRules').map((rule) => ({ action: 'Allow', ...rule })),
    virtualNetworkRules: ruled('virtualNetworkRules').map((rule) => ({ action: 'Allow', state: 'Succeeded', ...rule })),
  };
}

function endpoints(name: string, kind: string): Record<string, string> {
  const services =
    kind === 'BlobStorage' || kind === 'BlockBlobStorage' ? ['blob', 'dfs'] : ['blob', 'dfs', 'file', 'queue', 'table'];
  return Object.fromEntries(services.map((service) => [service, `https://${name}.${service}.core.windows.net/`]));
}
