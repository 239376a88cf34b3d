import {
  chooseBase,
  newestOfEach,
  snapshotsToDelete,
  type DiskThen,
  type KeptSnapshot,
  type PointOfMachine,
  type SnapshotNow,
} from '../../model/base.ts';
import { cloudNativeSnapshots, incompleteSets, problemText, verify } from '../../model/cloudNative.ts';
import { StrongroomError } from '../../model/errors.ts';
import { snapshotName } from '../../model/names.ts';
import { idKey, parseResourceId, sameId } from '../../model/resourceId.ts';
import { sealTags } from '../../model/sealedTags.ts';
import { workerSite } from '../../model/site/repositories.ts';
import type { Appliance } from '../appliance.ts';
import type { Handlers } from './handlers.ts';
import { allSettled } from './settled.ts';

/** A GCM nonce. */
const NONCE_BYTES = 12;
/** So many problems of snapshots a session tells; all of one kind have one cause anyway. */
const MOST_WARNINGS = 20;

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
  const { environment, settings, machines, disks, snapshots, points, ledger, tagKeys } = appliance;
  return {
    async describeMachine({ resourceId, repository }) {
      const { id, name, location, raw, disks: attached } = await machines.get(resourceId);
      const { subscriptionId } = parseResourceId(id);
      const site = workerSite(environment, { subscriptionId, region: location }, repository.url);
      const found = await Promise.all(
        attached.map(async ({ key, lun, diskId }) => ({ key, lun, ...(await disks.get(diskId)) })),
      );
      const planned = found.map(({ key, lun, id: resourceId, uniqueId, size, properties }) => {
        return { key, lun, name: parseResourceId(resourceId).name, resourceId, uniqueId, size, properties };
      });
      const exportPolicies = Object.fromEntries(found.map(({ key, exportPolicy }) => [key, exportPolicy]));
      return { vm: { id, name, location }, machine: raw, site, disks: planned, exportPolicies };
    },

    /** One activity for all disks, so that the snapshots lie as close together in time as Azure allows. */
    async createSnapshots({ session, plan: { vm, disks: planned }, time }) {
      const key = await tagKeys.newest();
      const uniqueIds = Object.fromEntries(planned.map(({ key, uniqueId }) => [key, uniqueId]));
      const requests = planned.map(({ key: disk, resourceId, uniqueId, properties }) => {
        const id = snapshotId(session, vm, disk);
        const metadata = { session, machine: vm.id, disk, uniqueId, disks: uniqueIds, time };
        const place = { snapshotId: id, sourceDiskId: resourceId };
        return {
          id,
          location: properties.location,
          diskId: resourceId,
          encryption: properties.encryption,
          // A policy of the customer's may refuse what lacks theirs.
          tags: { ...environment.tags, ...sealTags(key, place, metadata, appliance.random(NONCE_BYTES)) },
        };
      });
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

    async chooseBases({ resourceId, repository, tracking, disks: now }) {
      const newest = newestOfEach(await points.history(resourceId, repository.url));
      const keys = await tagKeys.all();
      const machinePoints = await points.ofMachine(resourceId);
      const bases = await Promise.all(newest.map((then) => baseOf(then, resourceId, machinePoints, keys)));
      const present = new Map(bases.flatMap((base) => (base ? [[idKey(base.id), base] as const] : [])));
      const diskIds = now.map((disk) => disk.resourceId);
      const trust = { tracking, now: appliance.now(), fullReadDays: settings.STRONGROOM_FULL_READ_DAYS };
      const { sets, problems } = await setsOf(resourceId, diskIds, machinePoints, keys);
      return {
        choices: Object.fromEntries(now.map((disk) => [disk.key, chooseBase(disk, newest, present, trust)])),
        warnings: [...problems.map(problemText), ...incompleteSets(sets, machinePoints)].slice(0, MOST_WARNINGS),
      };
    },

    async discardSnapshots({ session, vm, disks: keys }) {
      const ids = keys.map(({ key }) => snapshotId(session, vm, key));
      if ((await points.ofMachine(vm.id)).some((point) => point.session === session)) {
        // The point was committed after all: its snapshots are the next comparison's base.
        await ledger.strike(session, 'snapshot', ...ids);
        return { warnings: [] };
      }
      // Asked for only where there is a snapshot: a session whose vault did not answer took none.
      let known: ReturnType<typeof tagKeys.all> | undefined;
      const warnings: string[] = [];
      await allSettled(
        ids.map(async (id) => {
          const snapshot = await snapshots.find(id);
          const read = snapshot && verify(snapshot.origin, await (known ??= tagKeys.all()));
          if (!read) await ledger.strike(session, 'snapshot', id);
          else if (!read.ok) warnings.push(problemText({ snapshotId: id, problem: read.problem }));
          else await removeSnapshots([{ id, session }]);
        }),
      );
      return { warnings };
    },

    async pruneSnapshots({ session, resourceId, diskIds }) {
      const machinePoints = await points.ofMachine(resourceId);
      const { sets, problems } = await setsOf(resourceId, diskIds, machinePoints, await tagKeys.all());
      const kept = machinePoints.filter((point) => point.session === session).flatMap((point) => point.snapshots);
      await ledger.strike(session, 'snapshot', ...kept);
      const ours = sets.flatMap((set) => set.disks.map(({ snapshotId }) => ({ id: snapshotId, session: set.session })));
      const unneeded = snapshotsToDelete(ours, machinePoints);
      await removeSnapshots(unneeded);
      return { deleted: unneeded.length, warnings: problems.map(problemText).slice(0, MOST_WARNINGS) };
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

  /** The machine's cloud-native snapshots, verified, and what about others of its group is suspicious. */
  async function setsOf(
    resourceId: string,
    diskIds: string[],
    machinePoints: PointOfMachine[],
    keys: ReadonlyMap<string, Uint8Array>,
  ) {
    const { subscriptionId, resourceGroup } = parseResourceId(resourceId);
    const found = await snapshots.listByGroup(subscriptionId, resourceGroup);
    const named = machinePoints.flatMap((point) => point.snapshots);
    const machine = { id: resourceId, diskIds, named };
    return cloudNativeSnapshots(
      found.map(({ origin }) => origin),
      keys,
      machine,
    );
  }

  /** The snapshot that a point names, with whether it is still what the session of that point made. */
  async function baseOf(
    { snapshot: { id }, point, key, uniqueId }: DiskThen,
    resourceId: string,
    machinePoints: PointOfMachine[],
    keys: ReadonlyMap<string, Uint8Array>,
  ): Promise<SnapshotNow | undefined> {
    const snapshot = await snapshots.find(id);
    if (!snapshot) return undefined;
    const read = verify(snapshot.origin, keys);
    const { familyId, time, size } = snapshot;
    const session = machinePoints.find((each) => each.id === point)?.session;
    const tagsIntact =
      read.ok &&
      sameId(read.metadata.machine, resourceId) &&
      read.metadata.session === session &&
      read.metadata.disk === key &&
      read.metadata.uniqueId === uniqueId;
    return { id: snapshot.id, familyId, time, size, tagsIntact };
  }
}

/** Beside its machine, in the machine's resource group. */
function snapshotId(session: string, vm: { id: string; name: string }, disk: string): string {
  const { subscriptionId, resourceGroup } = parseResourceId(vm.id);
  const name = snapshotName(session, vm.name, disk);
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/snapshots/${name}`;
}
