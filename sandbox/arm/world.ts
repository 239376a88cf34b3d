import { createHash } from 'node:crypto';
import type { State } from '../core/state.ts';
import type { Clock } from '../core/types.ts';
import { createStore } from './store.ts';
import type { ArmWorld } from './types.ts';

/** A subscription of the world. */
export interface SubscriptionSeed {
  subscriptionId: string;
  displayName: string;
}

/** GUIDs (version 4 in form) that follow from a seed, one after the other. */
function guids(seed: string): () => string {
  let count = 0;
  return () => {
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
}): ArmWorld {
  const store = createStore();
  for (const { subscriptionId, displayName } of options.subscriptions) {
    store.put({
      id: `/subscriptions/${subscriptionId}`,
      name: subscriptionId,
      type: 'Microsoft.Resources/subscriptions',
      displayName,
    });
  }
  const { clock, tenantId, state } = options;
  return { clock, store, tenantId, state, guid: guids(options.seed) };
}
