import type { Point } from '../../model/point.ts';
import { humanTime } from '../io/units.ts';
import type { Event } from '../io/output.ts';

/** A point as `--json` shows it. Sizes are bytes. */
export function pointEvent(point: Point): Event {
  const { id, time, source, consistency, session } = point;
  return {
    type: 'point',
    id,
    source: source.name,
    time,
    kind: source.kind,
    ...(source.kind === 'vm' ? { resourceId: source.resourceId, location: source.location } : {}),
    consistency,
    session,
    ...sumsOf(point),
    disks: point.disks.map(({ key, name, size, read, stats }, number) => ({ number, key, name, size, read, stats })),
  };
}

/** Bytes of all disks: of the disks themselves, read from the source, added to the repository. */
export function sumsOf(point: Point): { size: number; read: number; stored: number } {
  const sum = { size: 0, read: 0, stored: 0 };
  for (const { size, stats } of point.disks) {
    sum.size += size;
    sum.read += stats.read;
    sum.stored += stats.stored;
  }
  return sum;
}

/** `20261122T063000Z-1a2b3c4d (web, 2026-11-22 06:30:00 UTC)` */
export const pointTitle = ({ id, source, time }: Point): string => `${id} (${source.name}, ${humanTime(time)} UTC)`;
