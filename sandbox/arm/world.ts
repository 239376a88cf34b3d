import { createHash } from 'node:crypto';
import type { Faults } from '../core/faults.ts';
import type { State } from '../core/state.ts';
import type { Clock, Principal } from '../core/types.ts';
import { createAccess } from './access/access.ts';
import { seedRoles, type RoleSeed } from './access/seed.ts';
import { findIdentity } from './providers/managedIdentity/identities.ts';
import { seedUnregistered } from './registrations.ts';
import { createStore } from './store.ts';
import type { ArmWorld, ResourceStore } from './types.ts';

/** A subscription of the world. */
export interface SubscriptionSeed {
  subscriptionId: string;
  displayName: string;
  /** Namespaces that it is not registered for. */
  unregistered?: string[];
}

/** How many GUIDs are set aside with one write to the state; a restart skips what is left of them. */
const GUID_BLOCK = 1000;

/** GUIDs (version 4 in form) that follow from a seed, one after the other; none comes twice in the life of a state. */
function guids(seed: string, state: State): () => string {
  const kept = state.map<number>('arm.guids');
  let count = kept.get(seed) ?? 0;
  return () => {
    if (count >= (kept.get(seed) ?? 0)) kept.set(seed, count + GUID_BLOCK);
    const hex = createHash('sha256').update(`${seed}\n${count++}`).digest('hex');
    const variant = '89ab'[parseInt(hex[16]!, 16) % 4]!;
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
}

export interface WorldOptions {
  clock: Clock;
  tenantId: string;
  seed: string;
  subscriptions: SubscriptionSeed[];
  state: State;
  faults: Faults;
  /** Who has roles from the start; none: nobody, so that nobody may do anything. */
  roles?: RoleSeed[] | undefined;
  /** The people and applications of the tenant; managed identities are found in the world. */
  principals?: ((objectId: string) => Principal | undefined) | undefined;
  /** File that gets a JSON line for each kind of demand of access that is new. */
  demands?: string | undefined;
}

/** A world with its subscriptions, the roles that are held from the start, and nothing else. */
export function createWorld(options: WorldOptions): ArmWorld {
  const { clock, tenantId, state, faults, roles = [], principals = () => undefined, demands } = options;
  const store = createStore(state, clock);
  for (const { subscriptionId, displayName } of options.subscriptions) {
    const id = `/subscriptions/${subscriptionId}`;
    store.put({
      ...store.get(id),
      id,
      name: subscriptionId,
      type: 'Microsoft.Resources/subscriptions',
      displayName,
    });
  }
  seedRoles(store, clock, roles);
  const principal = (objectId: string) => principals(objectId) ?? identity(store, objectId);
  const access = createAccess({ store, clock, nameOf: (objectId) => principal(objectId)?.displayName, demands });
  const world = { clock, store, tenantId, state, faults, access, principal, guid: guids(options.seed, state) };
  for (const { subscriptionId, unregistered = [] } of options.subscriptions) {
    for (const namespace of unregistered) seedUnregistered(world, subscriptionId, namespace);
  }
  return world;
}

/** A user-assigned identity as a principal. */
function identity(store: ResourceStore, objectId: string): Principal | undefined {
  const found = findIdentity(store, { objectId });
  return found && { objectId, clientId: found.clientId, kind: 'ServicePrincipal', displayName: found.name };
}
