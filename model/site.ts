import { createHash } from 'node:crypto';
import { StrongroomError } from './errors.ts';

/** A place in which the appliance acts: one per (subscription, region). */
export interface SiteKey {
  appliance: string;
  subscriptionId: string;
  region: string;
  /** CIDR block of the site's network, /16 to /24; sites are not peered, so they may overlap. {@link DEFAULT_ADDRESS_SPACE} */
  addressSpace?: string;
}

export const DEFAULT_ADDRESS_SPACE = '10.64.0.0/22';

/** Every name and id of a site. Both the Pulumi program and the run-time code take them from here. */
export interface SiteLayout {
  resourceGroup: string;
  tags: Record<string, string>;
  network: { name: string; id: string; addressPrefix: string };
  /** Address prefixes of the subnets: half of the network, a quarter, a quarter. */
  addressPrefixes: { workers: string; endpoints: string; functions: string };
  subnets: {
    workers: { name: string; id: string };
    endpoints: { name: string; id: string };
    functions: { name: string; id: string };
  };
  /** Of the workers' subnet: nothing comes in. */
  networkSecurityGroup: { name: string; id: string };
  /** The tagged storage account: worker files, logs and (in the appliance's site) mailboxes. */
  account: { name: string; id: string; blobUrl: string; queueUrl: string };
  workerFilesContainer: string;
  workerLogsContainer: string;
  /** Disk accesses, in the order in which slots are given out. */
  diskAccesses: { name: string; id: string }[];
  workerIdentity: { name: string; id: string };
  /** The site's private DNS zones, linked to its network alone. */
  zones: Record<ZoneKey, { name: string; id: string }>;
}

/**
 * The private DNS zones that private endpoints write their records into. Managed disks' export hosts lie in the blob
 * zone. (Azure: private endpoint DNS configuration.)
 */
export const privateZoneNames = {
  blob: 'privatelink.blob.core.windows.net',
  queue: 'privatelink.queue.core.windows.net',
  table: 'privatelink.table.core.windows.net',
  vault: 'privatelink.vaultcore.azure.net',
  sites: 'privatelink.azurewebsites.net',
} as const;
export type ZoneKey = keyof typeof privateZoneNames;

/** Sub-resources that endpoints connect to, and the zone each one's record goes to. */
export const endpointZones = {
  blob: 'blob',
  queue: 'queue',
  table: 'table',
  disks: 'blob',
  vault: 'vault',
  sites: 'sites',
} as const satisfies Record<string, ZoneKey>;
export type EndpointGroup = keyof typeof endpointZones;

/** The name of the private endpoint to a target's sub-resource; its network interface is called the same plus `-nic`. */
export function endpointName(target: string, group: EndpointGroup): string {
  return `${target}-${group}`;
}

/** Where restore points are kept. */
export interface RepositoryLayout {
  account: { name: string; id: string; blobUrl: string };
  container: string;
  /** Container URL: the value of STRONGROOM_REPOSITORY_URL. */
  url: string;
}

/** A Key Vault key: its ARM id, and its id on the data plane without a version, which means the newest. */
export interface VaultKey {
  name: string;
  id: string;
  url: string;
}

/** What only the appliance's own site has. */
export interface ApplianceLayout extends SiteLayout {
  /** The Functions host's own account. */
  hostAccount: { name: string; id: string; blobUrl: string; queueUrl: string; tableUrl: string };
  /** Container of the host account that holds the deployed package. */
  packageContainer: string;
  vault: { name: string; id: string; url: string };
  /**
   * Two keys, so that neither side can open what is the other's: `repository` wraps the master keys of repositories
   * (workers; the value of STRONGROOM_KEY_ID), `messages` the message keys of attempts (the appliance).
   */
  keys: Record<'repository' | 'messages', VaultKey>;
  functionApp: { name: string; id: string; url: string };
  plan: { name: string };
  workspace: { name: string };
  insights: { name: string };
  /** The only way out of the site: the functions subnet's. */
  natGateway: { name: string; publicIp: string };
  /** Queue of worker events in the tagged account. */
  mailbox: string;
  orchestratorIdentity: { name: string; id: string };
}

/** Two disk accesses take four comparisons at once (five exports each; a comparison needs two). */
const DISK_ACCESSES = 2;

/** Twelve hexadecimal digits that are the same for the same words: global names need them. */
function digest(...words: string[]): string {
  return createHash('sha256')
    .update(words.map((w) => w.toLowerCase()).join('\n'))
    .digest('hex')
    .slice(0, 12);
}

/** The layout of a site. Pure: the same key gives the same names, always. */
export function siteLayout(key: SiteKey): SiteLayout {
  const { appliance, subscriptionId, region, addressSpace = DEFAULT_ADDRESS_SPACE } = key;
  const resourceGroup = `${appliance}-${region}`;
  const provider = (type: string, name: string) =>
    `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}/${name}`;
  const named = (type: string, name: string) => ({ name, id: provider(type, name) });
  const network = named('Microsoft.Network/virtualNetworks', `${appliance}-vnet`);
  const zone = (name: string) => named('Microsoft.Network/privateDnsZones', name);
  const subnet = (name: string) => ({ name, id: `${network.id}/subnets/${name}` });
  const account = named(
    'Microsoft.Storage/storageAccounts',
    `${appliance.slice(0, 12)}${digest(appliance, subscriptionId, region)}`,
  );
  return {
    resourceGroup,
    tags: { strongroom: appliance, 'strongroom-site': region },
    network: { ...network, addressPrefix: addressSpace },
    addressPrefixes: subnetPrefixes(addressSpace),
    subnets: { workers: subnet('workers'), endpoints: subnet('endpoints'), functions: subnet('functions') },
    networkSecurityGroup: named('Microsoft.Network/networkSecurityGroups', `${appliance}-workers-nsg`),
    account: {
      ...account,
      blobUrl: `https://${account.name}.blob.core.windows.net`,
      queueUrl: `https://${account.name}.queue.core.windows.net`,
    },
    workerFilesContainer: 'worker-files',
    workerLogsContainer: 'worker-logs',
    diskAccesses: Array.from({ length: DISK_ACCESSES }, (_, i) =>
      named('Microsoft.Compute/diskAccesses', `${appliance}-disk-access-${i + 1}`),
    ),
    workerIdentity: named('Microsoft.ManagedIdentity/userAssignedIdentities', `${appliance}-worker`),
    zones: {
      blob: zone(privateZoneNames.blob),
      queue: zone(privateZoneNames.queue),
      table: zone(privateZoneNames.table),
      vault: zone(privateZoneNames.vault),
      sites: zone(privateZoneNames.sites),
    },
  };
}

/** The layout of the appliance's own site. */
export function applianceLayout(key: SiteKey): ApplianceLayout {
  const site = siteLayout(key);
  const unique = digest('appliance', key.appliance, key.subscriptionId);
  const host = `${key.appliance.slice(0, 8)}host${unique}`.slice(0, 24);
  const app = `${key.appliance}-${unique}`;
  const identity = `${key.appliance}-orchestrator`;
  const vault = `${key.appliance}-${unique}`.slice(0, 24);
  const beside = (type: string, name: string) =>
    `${site.account.id.replace(/\/providers\/.*$/, '')}/providers/${type}/${name}`;
  const vaultKey = (name: string): VaultKey => ({
    name,
    id: `${beside('Microsoft.KeyVault/vaults', vault)}/keys/${name}`,
    url: `https://${vault}.vault.azure.net/keys/${name}`,
  });
  return {
    ...site,
    hostAccount: {
      name: host,
      id: beside('Microsoft.Storage/storageAccounts', host),
      blobUrl: `https://${host}.blob.core.windows.net`,
      queueUrl: `https://${host}.queue.core.windows.net`,
      tableUrl: `https://${host}.table.core.windows.net`,
    },
    packageContainer: 'package',
    vault: { name: vault, id: beside('Microsoft.KeyVault/vaults', vault), url: `https://${vault}.vault.azure.net` },
    keys: { repository: vaultKey('repository'), messages: vaultKey('messages') },
    functionApp: { name: app, id: beside('Microsoft.Web/sites', app), url: `https://${app}.azurewebsites.net` },
    plan: { name: `${key.appliance}-plan` },
    workspace: { name: `${key.appliance}-logs` },
    insights: { name: `${key.appliance}-insights` },
    natGateway: { name: `${key.appliance}-nat`, publicIp: `${key.appliance}-nat-ip` },
    mailbox: 'strongroom-mailbox',
    orchestratorIdentity: {
      name: identity,
      id: beside('Microsoft.ManagedIdentity/userAssignedIdentities', identity),
    },
  };
}

/** The layout of a repository that the Pulumi program makes in a site. `name` tells an appliance's repositories apart. */
export function repositoryLayout(key: SiteKey, name = 'repository'): RepositoryLayout {
  const account = `${key.appliance.slice(0, 8)}repo${digest(name, key.appliance, key.subscriptionId, key.region)}`;
  const blobUrl = `https://${account}.blob.core.windows.net`;
  const id = siteLayout(key).account.id.replace(/[^/]+$/, account);
  return { account: { name: account, id, blobUrl }, container: 'repository', url: `${blobUrl}/repository` };
}

/**
 * Cuts a network's address space: the first half for workers, a quarter for endpoints, a quarter for the Functions app
 * (Flex Consumption wants /27 at least).
 * @throws INVALID_INPUT when it is no CIDR block of /16 to /24 that starts at its own network address.
 */
function subnetPrefixes(space: string): { workers: string; endpoints: string; functions: string } {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(space);
  const [a, b, c, d, bits] = (match ?? []).slice(1).map(Number) as [number, number, number, number, number];
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  if (!match || Math.max(a, b, c, d) > 255 || bits < 16 || bits > 24 || base % size !== 0) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `"${space}" is not an address space for a site. Expected a network such as ${DEFAULT_ADDRESS_SPACE}, /16 to /24.`,
    );
  }
  const at = (offset: number, length: number) =>
    `${[24, 16, 8, 0].map((shift) => Math.floor((base + offset) / 2 ** shift) % 256).join('.')}/${length}`;
  return { workers: at(0, bits + 1), endpoints: at(size / 2, bits + 2), functions: at((size / 4) * 3, bits + 2) };
}
