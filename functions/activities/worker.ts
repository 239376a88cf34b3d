import { inboxName, workerMachine } from '../../model/names.ts';
import { siteAt } from '../../model/site/environment.ts';
import { siteLayout } from '../../model/site/layout.ts';
import { siteNetwork, siteTags } from '../../model/site/network.ts';
import type { Appliance } from '../appliance.ts';
import type { Handlers } from './handlers.ts';

const MESSAGE_KEY_BYTES = 32;

/** Worker machines: their files, their start, their end. */
export function workerActivities(
  appliance: Appliance,
): Handlers<
  | 'ensureWorkerFiles'
  | 'discardWorkerFiles'
  | 'openAttempt'
  | 'startMachine'
  | 'machineState'
  | 'runWorkerCommand'
  | 'workerCommandError'
  | 'removeWorkerCommand'
  | 'deallocateMachine'
  | 'closeAttempt'
  | 'workerSeen'
> {
  const { attempts, environment, layout, ledger, messageKeys, settings, workers } = appliance;
  return {
    async ensureWorkerFiles({ site }) {
      const pack = await appliance.workerPackage();
      const uploaded = await appliance.workerFiles(site).ensure(pack);
      return { version: pack.manifest.version, uploaded };
    },

    async discardWorkerFiles({ site }) {
      const { manifest } = await appliance.workerPackage();
      await appliance.workerFiles(site).discard(manifest);
      return null;
    },

    async openAttempt({ session, worker }) {
      const { attempt } = worker;
      await ledger.write(session, 'queue', inboxName(attempt));
      const sealedKey = await messageKeys.seal(appliance.random(MESSAGE_KEY_BYTES));
      await attempts.open(attempt, { session, worker, sealedKey, lastSeen: appliance.now() });
      await appliance.inbox(attempt).create();
      return null;
    },

    async startMachine({ session, worker }) {
      const { site, slot } = worker;
      const { id } = workerMachine(site, slot);
      await ledger.write(session, 'machine', id);
      const { state } = await workers.state(id);
      if (state === 'failed') await workers.delete(id);
      if (state === 'absent' || state === 'failed') {
        const config = siteAt(environment, site);
        await workers.create({
          id,
          location: site.region,
          size: settings.STRONGROOM_WORKER_SIZE,
          subnetId: siteNetwork(environment, config).subnets.workers,
          networkSecurityGroupId: siteLayout(site).networkSecurityGroup.id,
          identityId: layout.workerIdentity.id,
          tags: siteTags(environment, config),
        });
      } else if (state === 'deallocated' || state === 'stopped') {
        await workers.start(id);
      }
      return null;
    },

    machineState: ({ worker }) => workers.state(workerMachine(worker.site, worker.slot).id),

    async runWorkerCommand({ session, worker }) {
      const { attempt, site, slot } = worker;
      const { id } = workerMachine(site, slot);
      const { manifest, bootstrap } = await appliance.workerPackage();
      const files = appliance.workerFiles(site);
      const names = siteLayout(site);
      const key = await messageKeys.of(attempt);
      const sas = await files.readSas();
      await ledger.write(session, 'runCommand', `${id}/runCommands/${attempt}`);
      await workers.runCommand({
        machineId: id,
        name: attempt,
        location: site.region,
        script: bootstrap,
        parameters: {
          STRONGROOM_FILES: JSON.stringify(manifest.files),
          STRONGROOM_FILES_URL: files.url(manifest.version),
          STRONGROOM_ATTEMPT: attempt,
          STRONGROOM_INBOX_URL: appliance.inbox(attempt).url,
          STRONGROOM_MAILBOX_URL: `${layout.account.queueUrl}/${layout.mailbox}`,
          STRONGROOM_LOGS_URL: `${names.account.blobUrl}/${names.workerLogsContainer}`,
          STRONGROOM_NETWORK: environment.network,
          STRONGROOM_CLIENT_ID: settings.STRONGROOM_WORKER_CLIENT_ID,
        },
        protectedParameters: { STRONGROOM_FILES_SAS: sas, STRONGROOM_MESSAGE_KEY: key.toString('base64') },
      });
      return null;
    },

    workerCommandError: ({ worker }) =>
      workers.commandError(workerMachine(worker.site, worker.slot).id, worker.attempt),

    async removeWorkerCommand({ session, worker }) {
      const { id } = workerMachine(worker.site, worker.slot);
      await workers.deleteCommand(id, worker.attempt);
      await ledger.strike(session, 'runCommand', `${id}/runCommands/${worker.attempt}`);
      return null;
    },

    async deallocateMachine({ worker }) {
      const { id } = workerMachine(worker.site, worker.slot);
      const { state } = await workers.state(id);
      if (state === 'failed') await workers.delete(id);
      else if (state !== 'absent') await workers.deallocate(id);
      return null;
    },

    async closeAttempt({ session, worker }) {
      const { attempt, site, slot } = worker;
      await appliance.inbox(attempt).delete();
      await attempts.close(attempt);
      messageKeys.forget(attempt);
      await ledger.strike(session, 'queue', inboxName(attempt));
      await ledger.strike(session, 'machine', workerMachine(site, slot).id);
      return null;
    },

    async workerSeen({ attempt }) {
      const { lastSeen } = await attempts.get(attempt);
      return { lastSeen };
    },
  };
}
