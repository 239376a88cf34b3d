import { createHash } from 'node:crypto';
import type { Faults } from '../core/faults.ts';
import type { State } from '../core/state.ts';
import type { Clock } from '../core/types.ts';
import { seedUnregistered } from './registrations.ts';
import { createStore } from './store.ts';
import type { ArmWorld } from './types.ts';

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

/** A world with its subscriptions and nothing else. */
export function createWorld(options: {
  clock: Clock;
  tenantId: string;
  seed: string;
  subscriptions: SubscriptionSeed[];
  state: State;
  faults: Faults;
}): ArmWorld {
  const { clock, tenantId, state, faults } = options;
  const store = createStore(state, clock);
  const world = { clock, store, tenantId, state, faults, guid: guids(options.seed, state) };
  for (const { subscriptionId, displayName, unregistered = [] } of options.subscriptions) {
    const id = `/subscriptions/${subscriptionId}`;
    store.put({
      ...store.get(id),
      id,
      name: subscriptionId,
      type: 'Microsoft.Resources/subscriptions',
      displayName,
    });
    for (const namespace of unregistered) seedUnregistered(world, subscriptionId, namespace);
  }
  return world;
}
