import { randomBytes } from 'node:crypto';
import { createArm } from '../../azure/arm.ts';
import { createDisks } from '../../azure/disks.ts';
import { createMachines } from '../../azure/machines.ts';
import { createSiteParts } from '../../azure/siteParts.ts';
import { createSnapshots } from '../../azure/snapshots.ts';
import { createAttempts } from '../../azure/tables/attempts.ts';
import { createLedger } from '../../azure/tables/ledger.ts';
import { createPoints } from '../../azure/tables/points.ts';
import { createSessions } from '../../azure/tables/sessions.ts';
import { createSiteChecks } from '../../azure/tables/siteChecks.ts';
import { createTagKeyTable } from '../../azure/tables/tagKeys.ts';
import { createWorkerFiles } from '../../azure/workerFiles.ts';
import { createWorkers } from '../../azure/workers.ts';
import type { Appliance } from '../../functions/appliance.ts';
import type { Durable } from '../../functions/durable.ts';
import { createMessageKeys } from '../../functions/messageKeys.ts';
import { createTagKeys } from '../../functions/tagKeys.ts';
import { acquire, noLeases, release, type LeaseState } from '../../model/leases.ts';
import { readSettings } from '../../model/settings.ts';
import { homeLayout } from '../../model/site/layout.ts';
import { LOCATION, SUBSCRIPTION, type ComputeWorld } from '../sandbox/compute/world.ts';
import { memoryQueue, type MemoryQueue } from '../worker/memoryQueue.ts';
import { memoryTable } from './memoryTable.ts';

/** The appliance with its real gateways to ARM, its tables, queues and vault in memory. */
export interface LocalAppliance extends Appliance {
  /** Everything ever written to a table. */
  written: string[];
  queues: Map<string, MemoryQueue>;
}

export function localAppliance(world: ComputeWorld): LocalAppliance {
  const environment = {
    appliance: 'strongroom',
    home: { subscriptionId: SUBSCRIPTION, region: LOCATION },
    sites: [],
    repositories: [{ name: 'main', region: LOCATION }],
  };
  const client = '55555555-5555-4555-8555-555555555555';
  const settings = readSettings({
    STRONGROOM_ENVIRONMENT: JSON.stringify(environment),
    STRONGROOM_KEY_ID: 'https://vault.vault.azure.net/keys/repository',
    STRONGROOM_ORCHESTRATOR_CLIENT_ID: client,
    STRONGROOM_WORKER_CLIENT_ID: client,
  });
  const arm = createArm(world.access.credential, world.access.options);
  const written: string[] = [];
  const queues = new Map<string, MemoryQueue>();
  const table = () => memoryTable(written);
  const now = () => new Date().toISOString();
  const attempts = createAttempts(table());
  const mask = randomBytes(32);
  const masked = (bytes: Uint8Array) => Buffer.from(bytes.map((byte, i) => byte ^ mask[i % 32]!));
  const vault = {
    keyId: settings.STRONGROOM_KEY_ID,
    wrap: async (key: Uint8Array) => ({ wrapped: masked(key), keyVersion: 'v1' }),
    unwrap: async (wrapped: Uint8Array) => masked(wrapped),
  };
  return {
    settings,
    environment: settings.STRONGROOM_ENVIRONMENT,
    layout: homeLayout(settings.STRONGROOM_ENVIRONMENT),
    snapshots: createSnapshots(arm),
    disks: createDisks(arm),
    machines: createMachines(arm),
    workers: createWorkers(arm),
    siteParts: createSiteParts(arm),
    siteChecks: createSiteChecks(table()),
    sessions: createSessions(table(), table(), table(), now),
    points: createPoints(table(), table()),
    attempts,
    ledger: createLedger(table(), now),
    messageKeys: createMessageKeys(attempts, vault),
    tagKeys: createTagKeys(createTagKeyTable(table()), vault, { random: randomBytes, now }),
    workerFiles: () => createWorkerFiles('https://site.blob.core.windows.net', 'files', { getToken: async () => null }),
    workerPackage: () => Promise.reject(new Error('no worker files here')),
    inbox(attempt) {
      let queue = queues.get(attempt);
      if (!queue) queues.set(attempt, (queue = memoryQueue()));
      return queue;
    },
    now,
    random: randomBytes,
    written,
    queues,
  };
}

/** The Durable client's side of things in memory: entities answer at once, by the real rules. */
export class LocalDurable implements Durable {
  readonly started: { orchestrator: string; instanceId: string; input: unknown }[] = [];
  readonly raised: { instanceId: string; event: string; data: unknown }[] = [];
  readonly statuses = new Map<string, 'running' | 'ended'>();
  readonly pools = new Map<string, LeaseState>();

  start: Durable['start'] = async (orchestrator, instanceId, input) => {
    this.started.push({ orchestrator, instanceId, input });
    this.statuses.set(instanceId, 'running');
  };
  status: Durable['status'] = async (instanceId) => this.statuses.get(instanceId) ?? 'absent';
  raise: Durable['raise'] = async (instanceId, event, data) => {
    if (!this.statuses.has(instanceId)) return false;
    this.raised.push({ instanceId, event, data });
    return true;
  };
  acquire: Durable['acquire'] = async (pool, request) => {
    this.pools.set(pool, acquire(this.pools.get(pool) ?? noLeases, request).state);
  };
  release: Durable['release'] = async (pool, request) => {
    this.pools.set(pool, release(this.pools.get(pool) ?? noLeases, request));
  };
  leases: Durable['leases'] = async (pool) => this.pools.get(pool);
}
