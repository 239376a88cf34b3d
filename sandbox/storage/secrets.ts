import type { ArmWorld } from '../arm/types.ts';
import { accountKeys, delegationKey, type Delegation, type KeyGenerations } from './accountKeys.ts';

/** What an account's keys have gone through. */
interface KeyHistory extends KeyGenerations {
  revocations: number;
  /** When each key was made, ISO 8601. */
  times: Record<'key1' | 'key2', string>;
}

/** The secrets of a world's storage accounts. Only counters are kept; the secrets follow from the world's seed. */
export interface Secrets {
  /** What the secrets follow from. */
  seed: string;
  historyOf(account: string): KeyHistory;
  keysOf(account: string): Record<'key1' | 'key2', Buffer>;
  /** Makes keys anew; what the old ones signed is void. */
  renew(account: string, ...keys: ('key1' | 'key2')[]): void;
  delegationKey(account: string, delegation: Delegation): string;
  /** Makes all user delegation keys given out so far void. */
  revokeDelegations(account: string): void;
}

export function createSecrets(world: ArmWorld): Secrets {
  const seeds = world.state.map<string>('storage.seed');
  const histories = world.state.map<KeyHistory>('storage.keys');
  const seed = seeds.get('seed') ?? world.guid();
  seeds.set('seed', seed);

  const historyOf = (account: string): KeyHistory => {
    const now = world.clock.iso();
    return histories.get(account) ?? { key1: 0, key2: 0, revocations: 0, times: { key1: now, key2: now } };
  };

  return {
    seed,
    historyOf,
    keysOf: (account) => accountKeys(seed, account, historyOf(account)),
    renew(account, ...keys) {
      const history = { ...historyOf(account) };
      for (const key of keys) {
        history[key] += 1;
        history.times = { ...history.times, [key]: world.clock.iso() };
      }
      histories.set(account, history);
    },
    delegationKey: (account, delegation) => delegationKey(seed, account, historyOf(account).revocations, delegation),
    revokeDelegations(account) {
      const history = historyOf(account);
      histories.set(account, { ...history, revocations: history.revocations + 1 });
    },
  };
}
