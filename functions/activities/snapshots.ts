import type { SnapshotInfo } from '../../azure/snapshots.ts';
import {
  chooseBase,
  newestOfEach,
  snapshotsToDelete,
  type DiskThen,
  type KeptSnapshot,
  type SnapshotNow,
} from '../../model/base.ts';
import { StrongroomError } from '../../model/errors.ts';
import { resourceDigest, snapshotName, snapshotTags } from '../../model/names.ts';
import { idKey, parseResourceId } from '../../model/resourceId.ts';
import { siteDiskAccesses } from '../../model/site/endpoints.ts';
import { siteAt } from '../../model/site/environment.ts';
import { siteKey } from '../../model/site/layout.ts';
import type { Appliance } from '../appliance.ts';
import type { Handlers } from './handlers.ts';
import { allSettled } from './settled.ts';

/** The machine, the snapshots of its disks, and which of them comparisons need. */
export function snapshotActivities(
  appliance: Appliance,
): Handlers<
  | 'describeMachine'
  | 'createSnapshots'
  | 'readSnapshots'
  | 'chooseBases'
  | 'discardSnapshots'
  | 'pruneSnapshots'
  | 'recordPoint'
> {
  const { environment, machines, disks, snapshots, points, ledger } = appliance;
  return {
    async describeMachine({ resourceId }) {
      const { id, name, location, raw, disks: attached } = await machines.get(resourceId);
      const { subscriptionId } = parseResourceId(id);
      const site = siteKey(environment, siteAt(environment, { subscriptionId, region: location }));
      const planned = attached.map(async ({ key, lun, diskId }) => {
        const disk = await disks.get(diskId);
        const { uniqueId, size, properties } = disk;
        return { key, lun, name: parseResourceId(disk.id).name, resourceId: disk.id, uniqueId, size, properties };
      });
      return { vm: { id, name, location }, machine: raw, site, disks: await Promise.all(planned) };
    },

    /** One activity for all disks, so that the snapshots lie as close together in time as Azure allows. */
    async createSnapshots({ session, plan }) {
      const diskAccesses = siteDiskAccesses(environment, siteAt(environment, plan.site));
      const requests = plan.disks.map((disk, i) => ({
        id: snapshotId(session, plan.vm, disk.key),
        location: disk.properties.location,
        diskId: disk.resourceId,
        encryption: disk.properties.encryption,
        diskAccessId: diskAccesses[i % diskAccesses.length]!.id,
        tags: snapshotTags(session, plan.vm.id, disk.key),
      }));
      await ledger.write(session, 'snapshot', ...requests.map(({ id }) => id));
      await allSettled(requests.map((request) => snapshots.create(request)));
      return null;
    },

    async readSnapshots({ session, vm, disks: keys }) {
      return Promise.all(
        keys.map(async ({ key }) => {
          const snapshot = await snapshots.find(snapshotId(session, vm, key));
          if (!snapshot) throw new StrongroomError('NOT_FOUND', `The snapshot of disk ${key} of ${vm.name} is gone.`);
          if (snapshot.copyError) {
            throw new StrongroomError(
              'AZURE_REFUSED',
              `The snapshot of disk ${key} of ${vm.name} failed: ${snapshot.copyError}.`,
            );
          }
          const { id, familyId, time, ready } = snapshot;
          return { key, id, familyId, time, ready };
        }),
      );
    },

    async chooseBases({ resourceId, repository, disks: now }) {
      const newest = newestOfEach(await points.history(resourceId, repository.url));
      const sessions = new Map((await points.ofMachine(resourceId)).map(({ id, session }) => [id, session]));
      const present = await presentSnapshots(resourceId, newest, sessions);
      return Object.fromEntries(now.map((disk) => [disk.key, chooseBase(disk, newest, present)]));
    },

    async discardSnapshots({ session, vm, disks: keys }) {
      const ids = keys.map(({ key }) => snapshotId(session, vm, key));
      const named = (await points.ofMachine(vm.id)).some((point) => point.session === session);
      // When the point was committed after all its snapshots are the next comparison's base.
      if (named) await ledger.strike(session, 'snapshot', ...ids);
      else await removeSnapshots(ids.map((id) => ({ id, session })));
      return null;
    },

    async pruneSnapshots({ session, resourceId }) {
      const { subscriptionId, resourceGroup } = parseResourceId(resourceId);
      const source = resourceDigest(resourceId);
      const tagged = (await snapshots.listByGroup(subscriptionId, resourceGroup))
        .filter(({ tags }) => tags['strongroom-source'] === source && tags['strongroom-id'])
        .map(({ id, tags }) => ({ id, session: tags['strongroom-id']! }));
      const machinePoints = await points.ofMachine(resourceId);
      const kept = machinePoints.filter((point) => point.session === session).flatMap((point) => point.snapshots);
      await ledger.strike(session, 'snapshot', ...kept);
      const unneeded = snapshotsToDelete(tagged, machinePoints);
      await removeSnapshots(unneeded);
      return { deleted: unneeded.length };
    },

    async recordPoint({ point, repository }) {
      await points.record(point, repository.url);
      return null;
    },
  };

  /** Those that Azure lets go; one that it holds on to keeps none of the others. @throws what Azure said of the first */
  async function removeSnapshots(unneeded: KeptSnapshot[]): Promise<void> {
    await allSettled(
      unneeded.map(async ({ id, session }) => {
        await snapshots.revoke(id); // with an export open it cannot be deleted
        await snapshots.delete(id);
        await ledger.strike(session, 'snapshot', id);
      }),
    );
  }

  async function presentSnapshots(
    resourceId: string,
    newest: DiskThen[],
    sessions: Map<string, string>,
  ): Promise<Map<string, SnapshotNow>> {
    const found = await Promise.all(
      newest.map(async (then) => {
        const snapshot = await snapshots.find(then.snapshot.id);
        const expected = snapshotTags(sessions.get(then.point) ?? '', resourceId, then.key);
        return snapshot && snapshotNow(snapshot, expected);
      }),
    );
    return new Map(
      found.filter((snapshot) => snapshot !== undefined).map((snapshot) => [idKey(snapshot.id), snapshot]),
    );
  }
}

function snapshotNow({ id, familyId, time, size, tags }: SnapshotInfo, expected: Record<string, string>): SnapshotNow {
  const tagsIntact = Object.entries(expected).every(([name, value]) => tags[name] === value);
  return { id, familyId, time, size, tagsIntact };
}

/** Beside its machine, in the machine's resource group. */
function snapshotId(session: string, vm: { id: string; name: string }, disk: string): string {
  const { subscriptionId, resourceGroup } = parseResourceId(vm.id);
  const name = snapshotName(session, vm.name, disk);
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/snapshots/${name}`;
}
