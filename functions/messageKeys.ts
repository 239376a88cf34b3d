import { openWithVault, sealWithVault, type keyWrapper } from '../azure/keys.ts';
import type { Attempts } from '../azure/tables/attempts.ts';

/** Attempts whose keys are remembered: more than run at once. */
const REMEMBERED = 100;

/** The message keys of workers' attempts: at rest only wrapped by Key Vault, in clear only in memory. */
export interface MessageKeys {
  /** For the attempt's row. */
  seal(key: Uint8Array): Promise<string>;
  /** @throws NOT_FOUND when the attempt is over, KEY_REFUSED */
  of(attempt: string): Promise<Buffer>;
  forget(attempt: string): void;
}

export function createMessageKeys(attempts: Attempts, wrapper: ReturnType<typeof keyWrapper>): MessageKeys {
  const known = new Map<string, Buffer>();
  return {
    seal: (key) => sealWithVault(wrapper, key),
    async of(attempt) {
      const remembered = known.get(attempt);
      if (remembered) return remembered;
      const { sealedKey } = await attempts.get(attempt);
      const key = await openWithVault(wrapper, sealedKey);
      if (known.size >= REMEMBERED) known.delete(known.keys().next().value!);
      known.set(attempt, key);
      return key;
    },
    forget: (attempt) => void known.delete(attempt),
  };
}
