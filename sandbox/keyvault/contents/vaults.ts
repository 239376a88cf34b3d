import type { ArmResource, ArmWorld } from '../../arm/types.ts';
import { createBackups, type Backups } from './backup.ts';
import { createItems, type Item, type Items } from './items.ts';
import { protectionOf } from './protection.ts';
import type { KeyVersion, SecretVersion } from './versions.ts';

export const VAULT = 'Microsoft.KeyVault/vaults';

/** A soft-deleted vault: its resource as it was, and when it goes for good. Times in ISO 8601. */
export interface DeletedVault {
  resource: ArmResource;
  deletionDate: string;
  scheduledPurgeDate: string;
  purgeProtected: boolean;
}

/** All vaults of a world, with what lies in them. */
export interface Vaults {
  keys: Items<KeyVersion>;
  secrets: Items<SecretVersion>;
  backups: Backups;
  /** The vault of a name, wherever it is; names are unique in the world. */
  find(name: string): ArmResource | undefined;
  findDeleted(name: string): DeletedVault | undefined;
  listDeleted(): DeletedVault[];
  /** Notes a vault that is in the store now. */
  created(vault: ArmResource): void;
  /** Takes a vault out of the store, to be recovered or purged. */
  softDelete(vault: ArmResource): void;
  /** Forgets the deleted vault, which is in the store again. */
  recovered(name: string): void;
  purge(name: string): void;
}

/** What Key Vault remembers lies in the world's state: it comes back with the world. */
export function createVaults(world: ArmWorld): Vaults {
  const { state, clock, store } = world;
  const ids = state.map<string>('keyvault.vaults');
  const deleted = state.map<DeletedVault>('keyvault.deletedVaults');
  const keys = createItems('key', state.map<Item<KeyVersion>>('keyvault.keys'), clock);
  const secrets = createItems('secret', state.map<Item<SecretVersion>>('keyvault.secrets'), clock);
  const nameKey = (name: string) => name.toLowerCase();

  function forget(name: string): void {
    deleted.delete(nameKey(name));
    keys.removeVault(name);
    secrets.removeVault(name);
  }

  function findDeleted(name: string): DeletedVault | undefined {
    const found = deleted.get(nameKey(name));
    if (!found || Date.parse(found.scheduledPurgeDate) > clock.now()) return found;
    forget(name);
    return undefined;
  }

  return {
    keys,
    secrets,
    backups: createBackups(state.map<string>('keyvault.secretsOfTheService')),
    find(name) {
      const id = ids.get(nameKey(name));
      return id === undefined ? undefined : store.get(id);
    },
    findDeleted,
    listDeleted: () => [...deleted.keys()].flatMap((name) => findDeleted(name) ?? []),
    created: ({ name, id }) => ids.set(nameKey(name), id),
    softDelete(vault) {
      const { retentionDays, purgeProtected } = protectionOf(vault);
      deleted.set(nameKey(vault.name), {
        resource: vault,
        deletionDate: clock.iso(),
        scheduledPurgeDate: new Date(clock.now() + retentionDays * 86_400_000).toISOString(),
        purgeProtected,
      });
      ids.delete(nameKey(vault.name));
      store.delete(vault.id);
    },
    recovered: (name) => void deleted.delete(nameKey(name)),
    purge: forget,
  };
}
