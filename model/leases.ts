import { resourceDigest } from './names.ts';
import { siteLayout, type SiteKey } from './site.ts';

/**
 * Leases: who holds a share of which member of a pool. The entity `leases` keeps one pool per key; this is its whole
 * behaviour. A machine is a pool of one member; a site's workers are members of capacity 1, its disk accesses of 5.
 */
export const LEASES = 'leases';

export interface Holding {
  member: string;
  weight: number;
  /** ISO 8601 UTC: when it was acquired. */
  since: string;
}

export interface LeaseState {
  holders: Record<string, Holding>;
}

export interface AcquireRequest {
  owner: string;
  /** How much of a member's capacity this takes. */
  weight: number;
  members: string[];
  capacity: number;
  /** Now, ISO 8601 UTC. */
  at: string;
}

export interface ReleaseRequest {
  owner: string;
}

/** The member given, or null and who holds the pool. */
export interface Grant {
  member: string | null;
  owners: string[];
}

export const noLeases: LeaseState = { holders: {} };

/**
 * Gives the owner a member, or says who is in the way. Asking again gives the same member. Of the members with room
 * the fullest is chosen, so that the emptier ones keep room for heavier requests.
 */
export function acquire(state: LeaseState, request: AcquireRequest): { state: LeaseState; grant: Grant } {
  const held = state.holders[request.owner];
  if (held) return { state, grant: { member: held.member, owners: Object.keys(state.holders) } };
  const used = (member: string) =>
    Object.values(state.holders).reduce((sum, holding) => sum + (holding.member === member ? holding.weight : 0), 0);
  const [member] = request.members
    .filter((candidate) => used(candidate) + request.weight <= request.capacity)
    .sort((a, b) => used(b) - used(a));
  if (member === undefined) return { state, grant: { member: null, owners: Object.keys(state.holders) } };
  const holders = { ...state.holders, [request.owner]: { member, weight: request.weight, since: request.at } };
  return { state: { holders }, grant: { member, owners: Object.keys(holders) } };
}

/** Gives back what the owner holds. Releasing twice, or what was never held, changes nothing. */
export function release(state: LeaseState, request: ReleaseRequest): LeaseState {
  const { [request.owner]: _released, ...holders } = state.holders;
  return { holders };
}

/** A pool as a request names it: the entity's key, its members and what each can take. */
export interface Pool {
  key: string;
  members: string[];
  capacity: number;
}

/** One session at a time per protected resource. */
export function resourcePool(resourceId: string): Pool {
  return { key: `resource-${resourceDigest(resourceId)}`, members: ['resource'], capacity: 1 };
}

/** The worker machines of a site. */
export function workerPool(site: SiteKey, count: number): Pool {
  return {
    key: `workers-${site.subscriptionId}-${site.region}`,
    members: Array.from({ length: count }, (_, i) => `worker-${i + 1}`),
    capacity: 1,
  };
}

/** Azure lets five disks or snapshots be exported through one disk access at once (azure-facts section 4). */
export const EXPORTS_PER_DISK_ACCESS = 5;

/** The export slots of a site. Members are disk access ids. */
export function diskAccessPool(site: SiteKey): Pool {
  return {
    key: `disk-access-${site.subscriptionId}-${site.region}`,
    members: siteLayout(site).diskAccesses.map(({ id }) => id),
    capacity: EXPORTS_PER_DISK_ACCESS,
  };
}
