import { openWithVault, sealWithVault, type keyWrapper } from '../azure/keys.ts';
import type { SealedTagKey, TagKeyTable } from '../azure/tables/tagKeys.ts';
import { StrongroomError } from '../model/errors.ts';
import { faultOf } from '../model/reach.ts';
import type { TagKey } from '../model/sealedTags.ts';

const KEY_BYTES = 32;
const ID_BYTES = 4;

/**
 * The keys of snapshot tags: random, at rest only wrapped by Key Vault, in clear only in memory. The newest seals; older
 * ones open what they sealed. The first is made when it is first asked for, and another one when the vault opens the newest
 * no more (its key was lost): backups go on, with full reads at first. Two hosts that ask at the same moment make
 * one each, which does no harm: either opens what it sealed.
 */
export interface TagKeys {
  /** The key for new tags. @throws KEY_REFUSED, AZURE_UNAVAILABLE */
  newest(): Promise<TagKey>;
  /**
   * All keys by id, but those that the vault opens no more: what they sealed is foreign.
   * @throws KEY_REFUSED when the vault lets nobody in, AZURE_UNAVAILABLE
   */
  all(): Promise<ReadonlyMap<string, Uint8Array>>;
}

export function createTagKeys(
  table: TagKeyTable,
  wrapper: ReturnType<typeof keyWrapper>,
  { random, now }: { random(bytes: number): Buffer; now(): string },
): TagKeys {
  const known = new Map<string, Buffer>();
  const opened = async ({ id, sealedKey }: SealedTagKey) => {
    const key = known.get(id) ?? (await openWithVault(wrapper, sealedKey));
    known.set(id, key);
    return { id, key };
  };
  const make = async (): Promise<TagKey> => {
    const id = random(ID_BYTES).toString('hex');
    const key = random(KEY_BYTES);
    await table.add({ id, sealedKey: await sealWithVault(wrapper, key), made: now() });
    known.set(id, key);
    return { id, key };
  };
  const openedUnlessLost = async (row: SealedTagKey): Promise<TagKey | undefined> => {
    try {
      return await opened(row);
    } catch (error) {
      if (error instanceof StrongroomError && isLost(error)) return undefined;
      throw error;
    }
  };
  let making: Promise<TagKey> | undefined;

  return {
    async newest() {
      const [newest] = (await table.list()).sort((a, b) => b.made.localeCompare(a.made));
      const usable = newest && (await openedUnlessLost(newest));
      if (usable) return usable;
      making ??= make().finally(() => (making = undefined));
      return making;
    },
    async all() {
      const keys = new Map<string, Uint8Array>();
      for (const row of await table.list()) {
        const opens = await openedUnlessLost(row);
        if (opens) keys.set(opens.id, opens.key);
      }
      return keys;
    },
  };
}

/** Whether the vault has the key no more. Where the network or a role is in the way nothing is lost, and it passes. */
function isLost(error: StrongroomError): boolean {
  return error.code === 'KEY_REFUSED' && !['firewall', 'role', 'identity'].includes(faultOf(error));
}
