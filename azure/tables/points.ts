import type { PointSummary } from '../../model/api.ts';
import type { DiskThen, PointOfMachine } from '../../model/base.ts';
import type { DiskPoint, MachinePoint, Tracking } from '../../model/point.ts';
import { idKey } from '../../model/resourceId.ts';
import { packed, unpacked, type Row, type Table } from './table.ts';

/** How many points back the newest of each disk is looked for: a disk may have been detached for a while. */
const HISTORY = 10;

/** A point's row, below its machine's partition. */
type PointRow = PointSummary & { snapshots: string[]; tracking: Tracking };
const pointJson = ['disks', 'snapshots'];

/** A disk's row, below its point's partition. */
type DiskRow = DiskPoint & { resource: string; repository: string };
const diskJson = ['lun', 'size', 'snapshot', 'properties', 'image', 'read', 'stats'];

/** The index of restore points. An index only: the repository is the truth. */
export interface Points {
  record(point: MachinePoint, repository: string): Promise<void>;
  /** Newest first. */
  list(resourceId: string): Promise<PointSummary[]>;
  /** The disks of a point and the machine it belongs to; undefined when there is no such point. */
  find(id: string): Promise<{ resourceId: string; repository: string; disks: DiskPoint[] } | undefined>;
  /** What the newest points of a machine in a repository know of its disks, newest first. */
  history(resourceId: string, repository: string): Promise<DiskThen[]>;
  /** The points of a machine with the snapshots that they name. */
  ofMachine(resourceId: string): Promise<PointOfMachine[]>;
}

export function createPoints(points: Table, disks: Table): Points {
  const rowsOf = async (resourceId: string) => {
    const rows = await points.list(partition(resourceId));
    return rows.map((row) => unpacked<PointRow>(row, pointJson)).sort((a, b) => b.id.localeCompare(a.id));
  };
  const disksOf = async (point: string) => (await disks.list(point)).map((row) => unpacked<DiskRow>(row, diskJson));

  return {
    /** The disks first: a point that is listed is whole. */
    async record(point, repository) {
      const resource = point.source.resourceId;
      await Promise.all(
        point.disks.map((disk) => disks.merge(point.id, disk.key, diskRow(disk, resource, repository))),
      );
      const snapshots = point.disks.map(({ snapshot }) => snapshot.id);
      const row: PointRow = { ...summary(point, repository), snapshots, tracking: trackingOf(point) };
      await points.merge(partition(resource), point.id, packed(row));
    },

    async list(resourceId) {
      return (await rowsOf(resourceId)).map(({ snapshots: _snapshots, tracking: _tracking, ...shown }) => shown);
    },

    async find(id) {
      const found = await disksOf(id);
      const [first] = found;
      if (!first || !(await points.find(partition(first.resource), id))) return undefined;
      const { resource: resourceId, repository } = first;
      return { resourceId, repository, disks: found.map(({ resource: _r, repository: _q, ...disk }) => disk) };
    },

    async history(resourceId, repository) {
      const rows = (await rowsOf(resourceId)).filter((row) => row.repository === repository).slice(0, HISTORY);
      const perPoint = rows.map(async ({ id }) => (await disksOf(id)).map((disk) => ({ point: id, ...disk })));
      return (await Promise.all(perPoint)).flat();
    },

    async ofMachine(resourceId) {
      const rows = await rowsOf(resourceId);
      return rows.map(({ id, session, repository, snapshots, tracking }) => {
        return { id, session, repository, snapshots, tracking };
      });
    },
  };
}

function trackingOf({ disks }: MachinePoint): Tracking {
  return disks.some(({ read }) => read.mode === 'full' && read.tracking === 'checksum') ? 'checksum' : 'cbt';
}

/** Table keys take no `/`. */
function partition(resourceId: string): string {
  return idKey(resourceId).replaceAll('/', '|');
}

function diskRow(disk: DiskPoint, resource: string, repository: string): Row {
  return { ...packed(disk), resource, repository };
}

function summary({ id, time, source, session, consistency, disks }: MachinePoint, repository: string): PointSummary {
  const shown = disks.map(({ key, name, size, read, stats }) => {
    const reason = read.mode === 'full' ? { reason: read.reason } : {};
    return { key, name, size, mode: read.mode, ...reason, read: stats.read, stored: stats.stored };
  });
  return { id, time, resourceId: source.resourceId, session, repository, consistency, disks: shown };
}
