import type { PointSummary } from '../../model/api.ts';
import type { DiskThen, PointOfMachine } from '../../model/base.ts';
import type { DiskPoint, Point } from '../../model/point.ts';
import { idKey } from '../../model/resourceId.ts';
import { packed, unpacked, type Row, type Table } from './table.ts';

/** A point's row, below its machine's partition. */
interface PointRow {
  id: string;
  time: string;
  session: string;
  resourceId: string;
  repository: string;
  consistency: string;
}

/** A disk's row, below its point's partition. */
type DiskRow = DiskPoint & { resource: string; repository: string };

const diskJson = ['lun', 'size', 'snapshot', 'properties', 'image', 'read', 'stats'];

/** The index of restore points. An index only: the repository is the truth. */
export interface Points {
  record(point: Point, repository: string): Promise<void>;
  /** Newest first. */
  list(resourceId: string): Promise<PointSummary[]>;
  /** The disks of a point and the machine it belongs to; undefined when there is no such point. */
  find(id: string): Promise<{ resourceId: string; repository: string; disks: DiskPoint[] } | undefined>;
  /** What the points of a machine in a repository know of its disks, newest first. */
  history(resourceId: string, repository: string): Promise<DiskThen[]>;
  /** The points of a machine with the snapshots that they name. */
  ofMachine(resourceId: string): Promise<PointOfMachine[]>;
}

export function createPoints(points: Table, disks: Table): Points {
  const rowsOf = async (resourceId: string) => {
    const rows = await points.list(partition(resourceId));
    return rows.map((row) => unpacked<PointRow>(row, [])).sort((a, b) => b.id.localeCompare(a.id));
  };
  const disksOf = async (point: string) => (await disks.list(point)).map(diskOf);

  return {
    /** The disks first: a point that is listed is whole. */
    async record(point, repository) {
      const resource = point.source.resourceId;
      await Promise.all(
        point.disks.map((disk) =>
          disks.merge(point.id, disk.key, { ...packed(disk), lun: JSON.stringify(disk.lun), resource, repository }),
        ),
      );
      const { id, time, session, consistency } = point;
      await points.merge(partition(resource), id, { id, time, session, consistency, repository, resourceId: resource });
    },

    async list(resourceId) {
      const rows = await rowsOf(resourceId);
      return Promise.all(rows.map(async (row) => summary(row, await disksOf(row.id))));
    },

    async find(id) {
      const found = await disksOf(id);
      const [first] = found;
      // A point is listed only after its disks: one that is not listed was never recorded.
      if (!first || !(await points.find(partition(first.resource), id))) return undefined;
      return {
        resourceId: first.resource,
        repository: first.repository,
        disks: found.map(({ resource: _r, repository: _q, ...disk }) => disk),
      };
    },

    async history(resourceId, repository) {
      const rows = (await rowsOf(resourceId)).filter((row) => row.repository === repository);
      const perPoint = await Promise.all(
        rows.map(async ({ id }) => (await disksOf(id)).map((disk) => ({ point: id, ...disk }))),
      );
      return perPoint.flat();
    },

    async ofMachine(resourceId) {
      const rows = await rowsOf(resourceId);
      return Promise.all(
        rows.map(async ({ id, session, repository }) => {
          const snapshots = (await disksOf(id)).map(({ snapshot }) => snapshot.id);
          return { id, session, repository, snapshots };
        }),
      );
    },
  };
}

/** Table keys take no `/`. */
function partition(resourceId: string): string {
  return idKey(resourceId).replaceAll('/', '|');
}

function diskOf(row: Row): DiskRow {
  return unpacked<DiskRow>(row, diskJson);
}

function summary(
  { id, time, resourceId, session, repository, consistency }: PointRow,
  disks: DiskPoint[],
): PointSummary {
  const shown = disks.map(({ key, name, size, read, stats }) => ({
    key,
    name,
    size,
    mode: read.mode,
    ...(read.mode === 'full' ? { reason: read.reason } : {}),
    read: stats.read,
    stored: stats.stored,
  }));
  return { id, time, resourceId, session, repository, consistency, disks: shown };
}
