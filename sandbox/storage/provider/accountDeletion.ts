import { ArmError } from '../../arm/types.ts';
import type { ArmResource, ArmWorld } from '../../arm/types.ts';
import type { DataPlane } from '../dataPlane.ts';
import { contentType } from '../contents.ts';
import { containerRules } from '../rules.ts';

const DAY_MS = 86_400_000;
/** "Recover a deleted storage account": within 14 days. */
const RECOVERABLE_DAYS = 14;

/** @throws ArmError 409 when immutability protects what is in the account */
export async function checkDeletable(world: ArmWorld, account: ArmResource, dataPlane: DataPlane): Promise<void> {
  const containers = world.store.list({ type: contentType('blob'), under: account.id });
  for (const { name } of containers) {
    const rules = containerRules(world, account, name);
    if (!rules) continue;
    // With version-level immutability a container must be gone; otherwise an empty one protects nothing.
    const reason = rules.versionLevel
      ? 'immutable storage with versioning enabled'
      : rules.legalHold
        ? 'a legal hold'
        : rules.policy?.locked && 'a locked immutability policy';
    if (!reason || (!rules.versionLevel && (await dataPlane.isEmpty(account, name)))) continue;
    throw new ArmError(
      409,
      'AccountProtectedFromDeletion',
      `The storage account ${account.name} is protected from deletion. The container(s) ${name} have ${reason}.`,
    );
  }
}

interface Deleted {
  account: ArmResource;
  deletionTime: string;
}

/** Deleted accounts are listed as long as they could be recovered. Recovering one is not supported here. */
export function recordDeletion(world: ArmWorld, account: ArmResource): void {
  world.state.map<Deleted>('storage.deletedAccounts').set(account.id, { account, deletionTime: world.clock.iso() });
}

/** Deleted accounts of a subscription (REST: Deleted Accounts). */
export function deletedAccounts(world: ArmWorld, subscriptionId: string): ArmResource[] {
  const oldest = world.clock.now() - RECOVERABLE_DAYS * DAY_MS;
  const entries = [...world.state.map<Deleted>('storage.deletedAccounts').values()];
  return entries
    .filter(({ account, deletionTime }) => {
      const mine = account.id.split('/')[2]?.toLowerCase() === subscriptionId.toLowerCase();
      return mine && Date.parse(deletionTime) > oldest;
    })
    .map(({ account, deletionTime }) => ({
      id: `/subscriptions/${subscriptionId}/providers/Microsoft.Storage/locations/${account.location}/deletedAccounts/${account.name}`,
      name: account.name,
      type: 'Microsoft.Storage/deletedAccounts',
      properties: {
        storageAccountResourceId: account.id,
        location: account.location,
        restoreReference: `${account.name}|${deletionTime}`,
        creationTime: account.properties?.creationTime,
        deletionTime,
      },
    }));
}
