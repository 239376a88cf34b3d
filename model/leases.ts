import type { EXPORTS_OF_COMPARISON, ExportLimits } from './exports.ts';
import { resourceDigest } from './names.ts';
import type { SiteKey } from './site/layout.ts';
import { timing } from './timing.ts';

/**
 * Leases: who holds a share of which members of a pool, and who waits for one. The entity `leases` keeps one pool per key;
 * this is its whole behaviour. A machine is a pool of one member, a site's workers are members of capacity 1, a site's
 * exports take of several members at once ({@link exportPool}).
 *
 * Who waits is served in the order of asking: a later request takes nothing of a member that an earlier one waits for, so
 * that light requests cannot starve a heavy one. It may overtake where both want different things. Nobody is told that it
 * is served: who waits asks again, and who has not asked for {@link timing.leaseSilence} has lost its place, so that a
 * waiter that died holds up nobody.
 */
export const LEASES = 'leases';

/** A share of one of several members that are as good as each other. */
export interface Take {
  members: string[];
  /** How much a member bears. */
  capacity: number;
  /** How much of it this takes. */
  weight: number;
}

interface Taken {
  member: string;
  weight: number;
}

export interface Holding {
  /** One for each take asked for, in order. */
  taken: Taken[];
  /** ISO 8601 UTC: when it was acquired. */
  since: string;
}

interface Waiting {
  owner: string;
  takes: Take[];
  /** ISO 8601 UTC: when it last asked. */
  asked: string;
}

export interface LeaseState {
  holders: Record<string, Holding>;
  /** In the order of asking. */
  waiting: Waiting[];
}

export interface AcquireRequest {
  owner: string;
  /** All of these, or nothing. */
  takes: Take[];
  /** Keep a place in the queue when it cannot be had now. */
  wait: boolean;
  /** Now, ISO 8601 UTC. */
  at: string;
}

export interface ReleaseRequest {
  owner: string;
}

/** The members given, one for each take, or null and who holds the pool. */
export interface Grant {
  members: string[] | null;
  owners: string[];
}

export const noLeases: LeaseState = { holders: {}, waiting: [] };

/**
 * Gives the owner what it asks for, or says who is in the way. Asking again gives the same. Of the members with room the
 * fullest is chosen, so that the emptier ones keep room for heavier requests.
 */
export function acquire(state: LeaseState, request: AcquireRequest): { state: LeaseState; grant: Grant } {
  const { owner, takes, at } = request;
  const { holders } = state;
  const held = holders[owner];
  if (held) return { state, grant: { members: held.taken.map(({ member }) => member), owners: Object.keys(holders) } };

  const waiting = state.waiting.filter((each) => each.owner === owner || awake(each, at));
  const place = waiting.findIndex((each) => each.owner === owner);
  const floor = floorBehind(holders, place < 0 ? waiting : waiting.slice(0, place));
  const taken = floor.fit(takes);
  const others = waiting.filter((each) => each.owner !== owner);
  if (taken) {
    const now = { ...holders, [owner]: { taken, since: at } };
    return {
      state: { holders: now, waiting: others },
      grant: { members: taken.map(({ member }) => member), owners: Object.keys(now) },
    };
  }
  const mine = { owner, takes, asked: at };
  const queue = place < 0 ? [...waiting, mine] : waiting.map((each) => (each.owner === owner ? mine : each));
  return {
    state: { holders, waiting: request.wait ? queue : others },
    grant: { members: null, owners: Object.keys(holders) },
  };
}

/** Gives back what the owner holds, and its place in the queue. Releasing twice, or what was never held, changes nothing. */
export function release({ holders, waiting }: LeaseState, { owner }: ReleaseRequest): LeaseState {
  const { [owner]: _released, ...kept } = holders;
  return { holders: kept, waiting: waiting.filter((each) => each.owner !== owner) };
}

function awake({ asked }: Waiting, at: string): boolean {
  return Date.parse(at) - Date.parse(asked) <= timing.leaseSilence;
}

/**
 * What is left for a request behind those ahead of it: what is free, less what the ones ahead can have as soon as they
 * ask, without the members that one of them waits for.
 */
function floorBehind(holders: LeaseState['holders'], ahead: readonly Waiting[]) {
  const used = new Map<string, number>();
  const awaited = new Set<string>();
  const take = ({ member, weight }: Taken) => used.set(member, (used.get(member) ?? 0) + weight);
  for (const { taken } of Object.values(holders)) taken.forEach(take);

  /** The fullest member with room, as if `also` were taken too. */
  const memberFor = ({ members, capacity, weight }: Take, also: readonly Taken[]): string | undefined => {
    const load = (member: string) =>
      also.reduce((sum, each) => sum + (each.member === member ? each.weight : 0), used.get(member) ?? 0);
    const [member] = members
      .filter((candidate) => !awaited.has(candidate) && load(candidate) + weight <= capacity)
      .sort((a, b) => load(b) - load(a));
    return member;
  };
  const fit = (takes: readonly Take[]): Taken[] | undefined => {
    const taken: Taken[] = [];
    for (const each of takes) {
      const member = memberFor(each, taken);
      if (member === undefined) return undefined;
      taken.push({ member, weight: each.weight });
    }
    return taken;
  };
  for (const { takes } of ahead) {
    const taken = fit(takes);
    if (taken) taken.forEach(take);
    else {
      const lacking = takes.filter((each) => memberFor(each, []) === undefined);
      for (const { members } of lacking) members.forEach((member) => awaited.add(member));
    }
  }
  return { fit };
}

/** A pool as a request names it: the entity's key, and what is taken of it. */
export interface Pool {
  key: string;
  takes: Take[];
}

/** One session at a time per protected resource. */
export function resourcePool(resourceId: string): Pool {
  return {
    key: `resource-${resourceDigest(resourceId)}`,
    takes: [{ members: ['resource'], capacity: 1, weight: 1 }],
  };
}

/** One session at a time makes what a site lacks. */
export function sitePool(site: SiteKey): Pool {
  return {
    key: `site-${site.subscriptionId.toLowerCase()}-${site.region}`,
    takes: [{ members: ['site'], capacity: 1, weight: 1 }],
  };
}

/** One of the worker machines of a site. */
export function workerPool(site: SiteKey, count: number): Pool {
  const members = Array.from({ length: count }, (_, i) => `worker-${i + 1}`);
  return {
    key: `workers-${site.subscriptionId.toLowerCase()}-${site.region}`,
    takes: [{ members, capacity: 1, weight: 1 }],
  };
}

/** What one disk's work opens. `family` null: it opens no snapshot. */
export interface ExportRequest {
  exports: 1 | typeof EXPORTS_OF_COMPARISON;
  family: string | null;
}

/**
 * The export slots of a site, as one request takes of them: a share of what the site does at once, of a disk access (its
 * member comes second), of what Azure allows for the snapshot's family. One pool, so that all are given together or none.
 * @param diskAccesses names, in the order in which they fill up; not looked at in a public network
 */
export function exportPool(
  site: SiteKey,
  diskAccesses: readonly string[],
  limits: ExportLimits,
  { exports, family }: ExportRequest,
): Pool {
  const { network, disksInParallel, exportsPerDiskAccess, sasPerSnapshotFamily } = limits;
  const disk: Take = { members: ['disks'], capacity: disksInParallel, weight: 1 };
  const throughDiskAccess: Take = { members: [...diskAccesses], capacity: exportsPerDiskAccess, weight: exports };
  const ofFamily: Take = { members: [`family-${family}`], capacity: sasPerSnapshotFamily, weight: exports };
  return {
    key: `exports-${site.subscriptionId.toLowerCase()}-${site.region}`,
    takes: [disk, ...(network === 'private' ? [throughDiskAccess] : []), ...(family === null ? [] : [ofFamily])],
  };
}
