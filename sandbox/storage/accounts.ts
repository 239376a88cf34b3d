import type { ArmResource, ArmWorld } from '../arm/types.ts';

export const ACCOUNT_TYPE = 'Microsoft.Storage/storageAccounts';

/** The storage account of that name, in whatever group and subscription: names are global. */
export function findAccount(world: ArmWorld, name: string): ArmResource | undefined {
  return world.store.list({ type: ACCOUNT_TYPE }).find((account) => account.name === name);
}

/** The id of the account that a child's id belongs to. */
export function accountIdOf(id: string): string {
  return id.split('/').slice(0, 9).join('/');
}
