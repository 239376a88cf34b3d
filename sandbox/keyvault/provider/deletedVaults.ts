import type { ArmResource, ResourceType } from '../../arm/types.ts';
import type { DeletedVault, Vaults } from '../contents/vaults.ts';
import { deletedVaultNotFound, purgeNotAllowed } from './errors.ts';

/** A deleted vault as ARM shows it (REST: Vaults - Get Deleted). */
function view({ resource, deletionDate, scheduledPurgeDate, purgeProtected }: DeletedVault): ArmResource {
  const [, , subscription] = resource.id.split('/');
  const { name, location, tags = {} } = resource;
  return {
    id: `/subscriptions/${subscription}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${name}`,
    name,
    type: 'Microsoft.KeyVault/deletedVaults',
    properties: {
      vaultId: resource.id,
      location,
      tags,
      deletionDate,
      scheduledPurgeDate,
      ...(purgeProtected && { purgeProtectionEnabled: true }),
    },
  };
}

const inSubscription = (id: string) => (deleted: DeletedVault) => deleted.resource.id.split('/')[2] === id;

/** `…/locations/{location}/deletedVaults/{name}`: get and purge. */
export function deletedVaultType(vaults: Vaults): ResourceType {
  return {
    type: 'Microsoft.KeyVault/locations/deletedVaults',
    find(call) {
      const [location, name = ''] = call.path.names;
      const deleted = vaults.findDeleted(name);
      const here = deleted && inSubscription(call.path.subscriptionId)(deleted);
      if (!here || deleted.resource.location !== location?.toLowerCase()) throw deletedVaultNotFound(name);
      return view(deleted);
    },
    actions: {
      purge(_call, { name }) {
        if (vaults.findDeleted(name)!.purgeProtected) throw purgeNotAllowed();
        const work = () => Promise.resolve(vaults.purge(name));
        return { status: 202, longRunning: { style: 'location', work } };
      },
    },
  };
}

/** `/subscriptions/{id}/providers/Microsoft.KeyVault/deletedVaults`: the list. */
export function deletedVaultListType(vaults: Vaults): ResourceType {
  return {
    type: 'Microsoft.KeyVault/deletedVaults',
    list: (call) => vaults.listDeleted().filter(inSubscription(call.path.subscriptionId)).map(view),
  };
}
