import type { Exception } from './compare.ts';

const host = (role: string, why: string): Exception => ({ identity: 'orchestrator', role, why });

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
  { identity: 'pruner', role: 'crypto', why: 'pruning comes with retention' },
  { identity: 'pruner', role: 'prune', why: 'pruning comes with retention' },
];
