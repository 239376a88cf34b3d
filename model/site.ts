import { createHash } from 'node:crypto';

/** A place in which the appliance acts: one per (subscription, region). */
export interface SiteKey {
  appliance: string;
  subscriptionId: string;
  region: string;
}

/** Every name and id of a site. Both the Pulumi program and the run-time code take them from here. */
export interface SiteLayout {
  resourceGroup: string;
  tags: Record<string, string>;
  network: { name: string; id: string };
  subnets: { workers: { name: string; id: string }; endpoints: { name: string; id: string }; functions: { name: string; id: string } };
  /** Of the workers' subnet: nothing comes in. */
  networkSecurityGroup: { name: string; id: string };
  /** The tagged storage account: worker files, logs and (in the appliance's site) mailboxes. */
  account: { name: string; id: string; blobUrl: string; queueUrl: string };
  workerFilesContainer: string;
  workerLogsContainer: string;
  /** Disk accesses, in the order in which slots are given out. */
  diskAccesses: { name: string; id: string }[];
  workerIdentity: { name: string; id: string };
}

/** What only the appliance's own site has. */
export interface ApplianceLayout extends SiteLayout {
  /** The Functions host's own account. */
  hostAccount: { name: string; blobUrl: string; queueUrl: string; tableUrl: string };
  vaultName: string;
  keyName: string;
  functionApp: { name: string; url: string };
  /** Queue of worker events in the tagged account. */
  mailbox: string;
  orchestratorIdentity: { name: string; id: string };
}

/** Two disk accesses take four comparisons at once (five exports each; a comparison needs two). */
const DISK_ACCESSES = 2;

/** Twelve hexadecimal digits that are the same for the same words: global names need them. */
function digest(...words: string[]): string {
  return createHash('sha256').update(words.map((w) => w.toLowerCase()).join('\n')).digest('hex').slice(0, 12);
}

/** The layout of a site. Pure: the same key gives the same names, always. */
export function siteLayout(key: SiteKey): SiteLayout {
  const { appliance, subscriptionId, region } = key;
  const resourceGroup = `${appliance}-${region}`;
  const provider = (type: string, name: string) =>
    `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}/${name}`;
  const named = (type: string, name: string) => ({ name, id: provider(type, name) });
  const network = named('Microsoft.Network/virtualNetworks', `${appliance}-vnet`);
  const subnet = (name: string) => ({ name, id: `${network.id}/subnets/${name}` });
  const account = named('Microsoft.Storage/storageAccounts', `${appliance.slice(0, 12)}${digest(appliance, subscriptionId, region)}`);
  return {
    resourceGroup,
    tags: { strongroom: appliance, 'strongroom-site': region },
    network,
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
  };
}

/** The layout of the appliance's own site. */
export function applianceLayout(key: SiteKey): ApplianceLayout {
  const site = siteLayout(key);
  const unique = digest('appliance', key.appliance, key.subscriptionId);
  const host = `${key.appliance.slice(0, 8)}host${unique}`.slice(0, 24);
  const app = `${key.appliance}-${unique}`;
  const identity = `${key.appliance}-orchestrator`;
  return {
    ...site,
    hostAccount: {
      name: host,
      blobUrl: `https://${host}.blob.core.windows.net`,
      queueUrl: `https://${host}.queue.core.windows.net`,
      tableUrl: `https://${host}.table.core.windows.net`,
    },
    vaultName: `${key.appliance}-${unique}`.slice(0, 24),
    keyName: 'repository',
    functionApp: { name: app, url: `https://${app}.azurewebsites.net` },
    mailbox: 'strongroom-mailbox',
    orchestratorIdentity: {
      name: identity,
      id: site.workerIdentity.id.replace(/[^/]+$/, identity),
    },
  };
}
