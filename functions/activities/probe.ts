import type { JobExports } from '../../azure/tables/attempts.ts';
import { ownStep, probeJob, stepsOf } from '../../model/check/steps.ts';
import { closedToExport, openToExport } from '../../model/exports.ts';
import { probeIds } from '../../model/names.ts';
import { parseResourceId } from '../../model/resourceId.ts';
import { siteAt } from '../../model/site/environment.ts';
import type { SiteKey } from '../../model/site/layout.ts';
import { siteTags } from '../../model/site/network.ts';
import type { Appliance } from '../appliance.ts';
import { enterExports, grantExports, sendCommand } from '../exports.ts';
import type { Handlers } from './handlers.ts';
import { allSettled } from './settled.ts';

/** What a check tries out: a tiny disk with two snapshots, the probe job, and what came of it. */
export function probeActivities(
  appliance: Appliance,
): Handlers<'isUntried' | 'prepareProbeDisk' | 'discardProbeDisk' | 'sendProbe' | 'recordCheck'> {
  const { disks, environment, ledger, sessions, siteChecks, snapshots } = appliance;

  const madeBy = (session: string, site: SiteKey) => ({
    ...siteTags(environment, siteAt(environment, site)),
    'strongroom-check': session,
  });

  return {
    isUntried: async ({ site }) => (await siteChecks.find(site)) === undefined,

    async prepareProbeDisk({ session, site }) {
      const { disk, base, newer } = probeIds(session, site);
      const made = { location: site.region, tags: madeBy(session, site) };
      await ledger.write(session, 'disk', disk);
      await ledger.write(session, 'snapshot', base, newer);
      await disks.createTiny({ id: disk, ...made });
      if (!(await disks.isMade(disk))) return { ready: false };
      for (const id of [base, newer]) {
        await snapshots.create({ id, diskId: disk, encryption: undefined, ...made });
        if (!(await snapshots.find(id))?.ready) return { ready: false };
      }
      return { ready: true };
    },

    async discardProbeDisk({ session, site }) {
      const { disk, base, newer } = probeIds(session, site);
      await allSettled(
        [base, newer].map(async (id) => {
          await snapshots.revoke(id); // with an export open it cannot be deleted
          await snapshots.delete(id);
          await ledger.strike(session, 'snapshot', id);
        }),
      );
      await disks.deleteTagged(disk, { 'strongroom-check': session });
      await ledger.strike(session, 'disk', disk);
      return null;
    },

    async sendProbe({ address, site, snapshots: exported, diskAccessId }) {
      const job = probeJob(environment, site, address.session);
      const entry: JobExports = { address, disk: '', snapshots: exported ?? [], target: '', ended: false };
      await enterExports(appliance, { ...entry, exportPolicy: closedToExport });
      if (exported) {
        await Promise.all(exported.map((id) => snapshots.setExportPolicy(id, openToExport(diskAccessId))));
        const { sas, baseSas } = await grantExports(appliance, entry);
        job.disk = { sas, baseSas: baseSas! };
      }
      await sendCommand(appliance, address.attempt, { kind: 'job', jobId: address.jobId, job });
      return null;
    },

    async recordCheck({ session, site, own, probed }) {
      const id = probed?.diskAccessId;
      const diskAccess = id ? { id, name: parseResourceId(id).name } : null;
      const steps = [
        ...own.map((step) => ownStep(step, environment, site)),
        ...stepsOf(probed?.findings ?? [], environment, site, diskAccess),
      ];
      await sessions.putSteps(session, steps);
      if (probed && steps.every(({ ok }) => ok)) await siteChecks.pass(site, { passed: appliance.now(), session });
      return steps;
    },
  };
}
