import {
  isHome,
  sitesOf,
  type Environment,
  type RepositoryConfig,
  type SiteConfig,
} from '../model/site/environment.ts';
import { homeLayout, repositoryLayout, siteKey, siteLayout } from '../model/site/layout.ts';
import { siteNetwork } from '../model/site/network.ts';
import { containerId } from './repositories.ts';
import type { BuiltInRole, Identity, RoleKey } from './roles.ts';

/** A role assignment. */
export interface Grant {
  to: Identity;
  role: RoleKey | { builtIn: BuiltInRole };
  /** ARM id of what it is assigned on. */
  scope: string;
  why: string;
}

/**
 * Every role assignment of an environment. Of sites other than the home site, roles are assigned on the group: what the
 * appliance creates there at run time has its rights by inheritance, so that the appliance never assigns a role. In the home
 * group, where the host account and the vault are too, data roles are assigned on the resource itself.
 * @param onExisting whether this stack may assign roles on the customer's zones and networks
 */
export function grantsOf(environment: Environment, onExisting: boolean): Grant[] {
  const sites = sitesOf(environment);
  const subscriptions = [...new Set(sites.map(({ subscriptionId }) => subscriptionId.toLowerCase()))];
  return [
    ...subscriptions.flatMap(subscriptionGrants),
    ...sites.flatMap((site) => (isHome(environment, site) ? [] : siteGrants(environment, site))),
    ...homeGrants(environment),
    ...environment.repositories.flatMap((repository) => repositoryGrants(environment, repository)),
    ...(onExisting ? existingGrants(environment) : []),
  ];
}

function subscriptionGrants(subscriptionId: string): Grant[] {
  const scope = `/subscriptions/${subscriptionId}`;
  return [
    { to: 'orchestrator', role: 'protect', scope, why: 'back up the machines in it' },
    { to: 'orchestrator', role: 'restore', scope, why: 'restore into the groups in it' },
  ];
}

function siteGrants(environment: Environment, site: SiteConfig): Grant[] {
  const { resourceGroup } = siteLayout(siteKey(environment, site));
  const scope = resourceGroup.id;
  return [
    { to: 'orchestrator', role: 'site', scope, why: 'run workers there and make what they need' },
    { to: 'orchestrator', role: 'files', scope, why: 'keep the files of workers in its account, read their logs' },
    { to: 'worker', role: 'log', scope, why: 'write its log' },
    ...(site.sqlStaging ? [connectTo(scope, 'endpoint to its staging server')] : []),
  ];
}

function homeGrants(environment: Environment): Grant[] {
  const home = homeLayout(environment);
  const { account, hostAccount, vault, keys } = home;
  const logs = `${account.id}/blobServices/default/containers/${home.workerLogsContainer}`;
  const mailbox = `${account.id}/queueServices/default/queues/${home.mailbox}`;
  const onHost = (builtIn: BuiltInRole, why: string): Grant => ({
    to: 'orchestrator',
    role: { builtIn },
    scope: hostAccount.id,
    why,
  });
  return [
    { to: 'orchestrator', role: 'site', scope: home.resourceGroup.id, why: 'run workers there' },
    { to: 'orchestrator', role: 'employ', scope: home.workerIdentity.id, why: 'create workers that carry it' },
    { to: 'orchestrator', role: 'files', scope: account.id, why: 'keep the files of workers, read their logs' },
    { to: 'orchestrator', role: 'dispatch', scope: account.id, why: 'inboxes of workers and the queue of reports' },
    { to: 'orchestrator', role: 'crypto', scope: keys.messages.id, why: 'message keys, and nothing of a repository' },
    connectTo(home.resourceGroup.id, 'endpoints of sites to the vault, of the home site to the API'),
    // "Configure identity-based connections": what the Functions host and Durable Functions demand of their account.
    onHost('Storage Blob Data Owner', 'the host keeps its locks, the package and large Durable messages there'),
    onHost('Storage Queue Data Contributor', 'Durable work queues'),
    onHost('Storage Table Data Contributor', 'Durable history; sessions, ledger and the index of points'),
    {
      to: 'orchestrator',
      role: { builtIn: 'Monitoring Metrics Publisher' },
      scope: home.insights.id,
      why: 'telemetry without an instrumentation key',
    },
    { to: 'worker', role: 'log', scope: logs, why: 'write its log' },
    { to: 'worker', role: 'inbox', scope: account.id, why: 'take jobs from its inbox' },
    { to: 'worker', role: 'report', scope: mailbox, why: 'report to the appliance' },
    { to: 'worker', role: 'crypto', scope: keys.repository.id, why: 'wrap and unwrap the master key of repositories' },
    { to: 'worker', role: 'escrow', scope: vault.id, why: 'put the recovery key of a new repository in escrow' },
    { to: 'pruner', role: 'crypto', scope: keys.repository.id, why: 'open the repositories that it prunes' },
  ];
}

function repositoryGrants(environment: Environment, repository: RepositoryConfig): Grant[] {
  const layout = repositoryLayout(siteKey(environment, environment.home), repository);
  const scope = containerId(layout);
  return [
    connectTo(layout.account.id, 'endpoints of sites to it'),
    { to: 'worker', role: 'writer', scope, why: 'write restore points' },
    ...(repository.immutabilityDays > 0 ? [lockIn(scope)] : []),
    { to: 'pruner', role: 'prune', scope, why: 'remove what no restore point needs' },
  ];
}

/** On what is the customer's: zones and networks that are used instead of own ones. */
function existingGrants(environment: Environment): Grant[] {
  const networks = sitesOf(environment).flatMap((site) => (site.subnets ? [siteNetwork(environment, site).id] : []));
  const zones = environment.dns === 'existing' ? Object.values(environment.zoneIds) : [];
  return [
    ...[...new Set(networks)].map((scope): Grant => ({
      to: 'orchestrator',
      role: 'hubNetwork',
      scope,
      why: 'workers and endpoints in it',
    })),
    ...[...new Set(zones)].map((scope): Grant => ({
      to: 'orchestrator',
      role: 'hubZone',
      scope,
      why: 'records of the endpoints of sites',
    })),
  ];
}

function lockIn(scope: string): Grant {
  return { to: 'worker', role: 'lock', scope, why: 'lock what restore points need' };
}

function connectTo(scope: string, why: string): Grant {
  return { to: 'orchestrator', role: 'connect', scope, why };
}
