import type { Exchange } from '../../sandbox/edge/record.ts';

/** What ARM's record says of a run: pure. */
export interface Counted {
  /** Exchanges, by what ARM's buckets tell apart. */
  requests: { reads: number; writes: number; deletes: number };
  /** `409 OperationNotAllowed POST …/beginGetAccess`: how often, of all answers from 400 on but 404 and 429. */
  refused: Record<string, number>;
  /** Answers that the buckets were empty. */
  throttled: number;
  grants: number;
  /** The most exports at once, by lower-case id of disk access. */
  diskAccesses: Record<string, number>;
  /** The most exports at once of snapshots of one disk, by its lower-case id. */
  disks: Record<string, number>;
  /** The most disks whose snapshots were exported at once, by the lower-case id of the site's resource group. */
  sites: Record<string, number>;
}

interface Open {
  disk: string;
  diskAccess: string;
}

/**
 * Counts exchanges, in the order in which they were answered.
 * @param from the first that counts; those before it tell which disk a snapshot is of
 */
export function count(exchanges: Exchange[], from: number): Counted {
  const counted: Counted = {
    requests: { reads: 0, writes: 0, deletes: 0 },
    refused: {},
    throttled: 0,
    grants: 0,
    diskAccesses: {},
    disks: {},
    sites: {},
  };
  const behind = new Map<string, string>();
  const sources = new Map<string, string>();
  const open = new Map<string, Open>();
  for (const [i, { method, url, status, request, response }] of exchanges.entries()) {
    if (i >= from) counted.requests[kindOf(method)]++;
    const path = new URL(url).pathname.toLowerCase();
    if (i >= from && status === 429) counted.throttled++;
    if (i >= from && status >= 400 && status !== 404 && status !== 429) {
      const { code } = (response as { error?: { code?: string } } | null)?.error ?? {};
      const what = `${status} ${code ?? ''} ${method} ${path.split('/providers/').at(-1)}`;
      counted.refused[what] = (counted.refused[what] ?? 0) + 1;
    }
    if (status >= 400) continue;
    const [, snapshot, action] = /^(.*\/snapshots\/[^/]+)(\/\w+)?$/.exec(path) ?? [];
    if (!snapshot) continue;
    const { properties } = (request ?? {}) as { properties?: Record<string, unknown> };
    if (typeof properties?.diskAccessId === 'string') behind.set(snapshot, properties.diskAccessId.toLowerCase());
    const { sourceResourceId } = (properties?.creationData ?? {}) as { sourceResourceId?: string };
    if (sourceResourceId) sources.set(snapshot, sourceResourceId.toLowerCase());
    if (action === '/endgetaccess') open.delete(snapshot);
    if (action !== '/begingetaccess' || i < from) continue;
    counted.grants++;
    open.set(snapshot, { disk: sources.get(snapshot) ?? snapshot, diskAccess: behind.get(snapshot) ?? '' });
    const all = [...open.values()];
    note(counted.diskAccesses, all.map(({ diskAccess }) => diskAccess)); // prettier-ignore
    note(counted.disks, all.map(({ disk }) => disk)); // prettier-ignore
    const disks = new Map(all.map(({ disk, diskAccess }) => [disk, diskAccess.split('/providers/')[0]!]));
    note(counted.sites, [...disks.values()]);
  }
  return counted;
}

function kindOf(method: string): keyof Counted['requests'] {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

function note(highest: Record<string, number>, keys: string[]): void {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const [key, times] of counts) highest[key] = Math.max(highest[key] ?? 0, times);
}
