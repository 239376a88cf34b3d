import { createHash } from 'node:crypto';
import type { Environment, Place, RepositoryConfig } from './environment.ts';

/** A place in which the appliance acts, with the appliance's name: the root of every name there. */
export interface SiteKey extends Place {
  appliance: string;
}

/** Something in ARM: its name and its id. */
export interface Named {
  name: string;
  id: string;
}

/** Names and ids of what a site consists of. They depend on nothing but its key. */
export interface SiteLayout {
  resourceGroup: Named;
  tags: Record<string, string>;
  network: Named;
  /** Of the workers' subnet: nothing comes in. */
  networkSecurityGroup: Named;
  /** The tagged storage account: worker files, logs and (in the home site) mailboxes. */
  account: Named & { blobUrl: string; queueUrl: string };
  workerFilesContainer: string;
  workerLogsContainer: string;
  natGateway: Named;
  publicIp: Named;
  routeTable: Named;
  /** Staging server, for copies of databases that are exported. */
  sqlServer: Named;
}

/** Names of a site's subnets, in a network of its own. */
export const subnetNames = { workers: 'workers', endpoints: 'endpoints', functions: 'functions' } as const;

/** Twelve hexadecimal digits that are the same for the same words: global names need them. */
function digest(...words: string[]): string {
  return createHash('sha256')
    .update(words.map((w) => w.toLowerCase()).join('\n'))
    .digest('hex')
    .slice(0, 12);
}

const groupId = (subscriptionId: string, group: string) => `/subscriptions/${subscriptionId}/resourceGroups/${group}`;

/** Names things of a resource group. */
function namer(group: string): (type: string, name: string) => Named {
  return (type, name) => ({ name, id: `${group}/providers/${type}/${name}` });
}

const accountType = 'Microsoft.Storage/storageAccounts';

/** The layout of a site. Pure: the same key gives the same names, always. */
export function siteLayout({ appliance, subscriptionId, region }: SiteKey): SiteLayout {
  const resourceGroup = { name: `${appliance}-${region}`, id: groupId(subscriptionId, `${appliance}-${region}`) };
  const named = namer(resourceGroup.id);
  const account = named(accountType, `${appliance}${digest(appliance, subscriptionId, region)}`);
  return {
    resourceGroup,
    tags: { strongroom: appliance, 'strongroom-site': region },
    network: named('Microsoft.Network/virtualNetworks', `${appliance}-vnet`),
    networkSecurityGroup: named('Microsoft.Network/networkSecurityGroups', `${appliance}-workers-nsg`),
    account: {
      ...account,
      blobUrl: `https://${account.name}.blob.core.windows.net`,
      queueUrl: `https://${account.name}.queue.core.windows.net`,
    },
    workerFilesContainer: 'worker-files',
    workerLogsContainer: 'worker-logs',
    natGateway: named('Microsoft.Network/natGateways', `${appliance}-nat`),
    publicIp: named('Microsoft.Network/publicIPAddresses', `${appliance}-nat-ip`),
    routeTable: named('Microsoft.Network/routeTables', `${appliance}-routes`),
    sqlServer: named('Microsoft.Sql/servers', `${appliance}-staging-${digest(appliance, subscriptionId, region)}`),
  };
}

/** Disk accesses of a site, in the order in which slots are given out. */
export function diskAccesses(key: SiteKey, count: number): Named[] {
  const named = namer(siteLayout(key).resourceGroup.id);
  return Array.from({ length: count }, (_, i) =>
    named('Microsoft.Compute/diskAccesses', `${key.appliance}-disk-access-${i + 1}`),
  );
}

/** A Key Vault key: its ARM id, and its id on the data plane without a version, which means the newest. */
export interface VaultKey extends Named {
  url: string;
}

/** What only the home site has. */
export interface ApplianceLayout extends SiteLayout {
  /** The Functions host's own account. */
  hostAccount: Named & { blobUrl: string; queueUrl: string; tableUrl: string };
  /** Container of the host account that holds the deployed package. */
  packageContainer: string;
  vault: Named & { url: string };
  /**
   * Two keys, so that neither side can open what is the other's: `repository` wraps the master keys of repositories
   * (workers), `messages` the message keys of attempts and the key of snapshot tags (the appliance).
   */
  keys: Record<'repository' | 'messages', VaultKey>;
  functionApp: Named & { url: string };
  plan: Named;
  workspace: Named;
  insights: Named;
  /** Queue of worker events in the tagged account. */
  mailbox: string;
  orchestratorIdentity: Named;
  /** What the workers of all sites carry. */
  workerIdentity: Named;
  /** What prunes carry: the only identity that deletes in repositories. */
  prunerIdentity: Named;
  /** Of repositories: apart from sites, so that rights on a site's group never reach them. */
  repositoriesGroup: Named;
}

/** The layout of the home site. */
export function applianceLayout(key: SiteKey): ApplianceLayout {
  const { appliance, subscriptionId } = key;
  const site = siteLayout(key);
  const named = namer(site.resourceGroup.id);
  const unique = digest('appliance', appliance, subscriptionId);
  const host = named(accountType, `${appliance.slice(0, 8)}host${unique}`);
  const vault = named('Microsoft.KeyVault/vaults', `${appliance}-${unique}`.slice(0, 24));
  const app = named('Microsoft.Web/sites', `${appliance}-${unique}`);
  const vaultUrl = `https://${vault.name}.vault.azure.net`;
  const vaultKey = (name: string): VaultKey => ({
    name,
    id: `${vault.id}/keys/${name}`,
    url: `${vaultUrl}/keys/${name}`,
  });
  const repositories = `${appliance}-repositories`;
  return {
    ...site,
    hostAccount: {
      ...host,
      blobUrl: `https://${host.name}.blob.core.windows.net`,
      queueUrl: `https://${host.name}.queue.core.windows.net`,
      tableUrl: `https://${host.name}.table.core.windows.net`,
    },
    packageContainer: 'package',
    vault: { ...vault, url: vaultUrl },
    keys: { repository: vaultKey('repository'), messages: vaultKey('messages') },
    functionApp: { ...app, url: `https://${app.name}.azurewebsites.net` },
    plan: named('Microsoft.Web/serverfarms', `${appliance}-plan`),
    workspace: named('Microsoft.OperationalInsights/workspaces', `${appliance}-logs`),
    insights: named('Microsoft.Insights/components', `${appliance}-insights`),
    mailbox: 'strongroom-mailbox',
    orchestratorIdentity: named('Microsoft.ManagedIdentity/userAssignedIdentities', `${appliance}-orchestrator`),
    workerIdentity: named('Microsoft.ManagedIdentity/userAssignedIdentities', `${appliance}-worker`),
    prunerIdentity: named('Microsoft.ManagedIdentity/userAssignedIdentities', `${appliance}-pruner`),
    repositoriesGroup: { name: repositories, id: groupId(subscriptionId, repositories) },
  };
}

/** Where restore points are kept. */
export interface RepositoryLayout {
  account: Named & { blobUrl: string };
  container: string;
  /** Container URL. */
  url: string;
}

/** The layout of a repository, in the home subscription. */
export function repositoryLayout(home: SiteKey, { name }: Pick<RepositoryConfig, 'name'>): RepositoryLayout {
  const unique = digest(name, home.appliance, home.subscriptionId);
  const account = namer(applianceLayout(home).repositoriesGroup.id)(
    accountType,
    `${home.appliance.slice(0, 8)}repo${unique}`,
  );
  const blobUrl = `https://${account.name}.blob.core.windows.net`;
  return { account: { ...account, blobUrl }, container: 'repository', url: `${blobUrl}/repository` };
}

export function siteKey({ appliance }: Environment, { subscriptionId, region }: Place): SiteKey {
  return { appliance, subscriptionId, region };
}

export function homeLayout(environment: Environment): ApplianceLayout {
  return applianceLayout(siteKey(environment, environment.home));
}
