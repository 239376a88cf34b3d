import type { Exception } from './compare.ts';

const host = (role: string, why: string): Exception => ({ identity: 'orchestrator', role, why });

const at = (role: string, action: string, why: string): Exception => ({ identity: 'orchestrator', role, action, why });

/** What infra grants though no test demands it, and why it stays. */
export const exceptions: Exception[] = [
  host(
    'Storage Queue Data Contributor',
    'the work queues of Durable Functions; the local host hands messages over in memory',
  ),
  host(
    'Storage Table Data Contributor',
    'histories and instances of Durable Functions; the local host keeps them in files and asks for less',
  ),
  host('Monitoring Metrics Publisher', 'telemetry: the local Azure has no ingestion endpoint'),
  at('protect', 'Microsoft.Compute/diskEncryptionSets/read', 'disks with customer-managed keys'),
  at(
    'site',
    'Microsoft.Compute/virtualMachines/delete',
    'a worker whose machine failed is removed before the next try',
  ),
  at(
    'site',
    'Microsoft.Network/networkInterfaces/delete',
    'what Azure asks for when a machine takes its interface along',
  ),
  at('site', 'Microsoft.Network/locations/operations/read', 'which polls Azure checks is published nowhere'),
  at('site', 'Microsoft.Network/natGateways/join/action', 'a network made at run time in the public network mode'),
  at('site', 'Microsoft.Network/routeTables/join/action', 'the same with a next hop'),
  at('site', 'Microsoft.Network/routeTables/read', 'a next hop and a network of the site’s own'),
  at('connect', 'Microsoft.Sql/servers/privateEndpointConnectionsApproval/action', 'a staging server’s endpoint gone'),
  at('connect', 'Microsoft.Web/sites/privateEndpointConnectionsApproval/action', 'the API’s own endpoint gone'),
  at(
    'dispatch',
    'Microsoft.Storage/storageAccounts/queueServices/queues/messages/read',
    'Azure’s scaler peeks at the queue; the local host has none',
  ),
  at(
    'dispatch',
    'Microsoft.Storage/storageAccounts/queueServices/queues/messages/write',
    'a report that takes minutes to merge is kept hidden',
  ),
  {
    identity: 'worker',
    role: 'inbox',
    action: 'Microsoft.Storage/storageAccounts/queueServices/queues/messages/write',
    why: 'a job that takes minutes is kept hidden; the tests’ are over before',
  },
  { identity: 'pruner', role: 'crypto', why: 'pruning comes with retention' },
  { identity: 'pruner', role: 'prune', why: 'pruning comes with retention' },
];
