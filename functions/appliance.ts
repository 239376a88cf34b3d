import { randomBytes } from 'node:crypto';
import { createArm } from '../azure/arm.ts';
import { managedIdentity } from '../azure/credential.ts';
import { createDisks, type Disks } from '../azure/disks.ts';
import { keyWrapper } from '../azure/keys.ts';
import { createMachines, type Machines } from '../azure/machines.ts';
import { messageQueue, type MessageQueue } from '../azure/queues.ts';
import { createSiteParts, type SiteParts } from '../azure/siteParts.ts';
import { createSnapshots, type Snapshots } from '../azure/snapshots.ts';
import { createAttempts, type Attempts } from '../azure/tables/attempts.ts';
import { createLedger, type Ledger } from '../azure/tables/ledger.ts';
import { createPoints, type Points } from '../azure/tables/points.ts';
import { createSessions, type Sessions } from '../azure/tables/sessions.ts';
import { createSiteChecks, type SiteChecks } from '../azure/tables/siteChecks.ts';
import { openTable } from '../azure/tables/table.ts';
import { createTagKeyTable } from '../azure/tables/tagKeys.ts';
import { createWorkerFiles, readWorkerPackage, type WorkerFiles, type WorkerPackage } from '../azure/workerFiles.ts';
import { createWorkers, type Workers } from '../azure/workers.ts';
import { inboxName } from '../model/names.ts';
import type { Settings } from '../model/settings.ts';
import type { Environment } from '../model/site/environment.ts';
import { homeLayout, siteLayout, type ApplianceLayout, type SiteKey } from '../model/site/layout.ts';
import { createMessageKeys, type MessageKeys } from './messageKeys.ts';
import { createTagKeys, type TagKeys } from './tagKeys.ts';

/** Everything that activities and triggers work with: settings, gateways, the clock and chance. */
export interface Appliance {
  settings: Settings;
  environment: Environment;
  /** Of the home site. */
  layout: ApplianceLayout;
  snapshots: Snapshots;
  disks: Disks;
  machines: Machines;
  workers: Workers;
  siteParts: SiteParts;
  siteChecks: SiteChecks;
  sessions: Sessions;
  points: Points;
  attempts: Attempts;
  ledger: Ledger;
  messageKeys: MessageKeys;
  tagKeys: TagKeys;
  workerFiles(site: SiteKey): WorkerFiles;
  workerPackage(): Promise<WorkerPackage>;
  /** The queue that a worker reads. */
  inbox(attempt: string): MessageQueue;
  /** ISO 8601 UTC. */
  now(): string;
  random(bytes: number): Buffer;
}

/** @param workerFolder where the worker's files lie: beside the program */
export function createAppliance(settings: Settings, workerFolder: string): Appliance {
  const environment = settings.STRONGROOM_ENVIRONMENT;
  const layout = homeLayout(environment);
  const credential = managedIdentity(settings.STRONGROOM_ORCHESTRATOR_CLIENT_ID);
  const arm = createArm(credential);
  const table = (name: string) => openTable(layout.hostAccount.tableUrl, `Strongroom${name}`, credential);
  const now = () => new Date().toISOString();
  const attempts = createAttempts(table('Attempts'));
  const vaultKey = keyWrapper(layout.keys.messages.url, credential);
  return {
    settings,
    environment,
    layout,
    snapshots: createSnapshots(arm),
    disks: createDisks(arm),
    machines: createMachines(arm),
    workers: createWorkers(arm),
    siteParts: createSiteParts(arm),
    siteChecks: createSiteChecks(table('Sites')),
    sessions: createSessions(table('Sessions'), table('SessionDisks'), table('SessionSteps'), now),
    points: createPoints(table('Points'), table('PointDisks')),
    attempts,
    ledger: createLedger(table('Ledger'), now),
    messageKeys: createMessageKeys(attempts, vaultKey),
    tagKeys: createTagKeys(createTagKeyTable(table('TagKeys')), vaultKey, { random: randomBytes, now }),
    workerFiles: (site) => {
      const { account, workerFilesContainer } = siteLayout(site);
      return createWorkerFiles(account.blobUrl, workerFilesContainer, credential);
    },
    workerPackage: () => readWorkerPackage(workerFolder),
    inbox: (attempt) => messageQueue(`${layout.account.queueUrl}/${inboxName(attempt)}`, credential),
    now,
    random: randomBytes,
  };
}
