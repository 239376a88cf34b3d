import { locationNames } from '../../arm/locations.ts';
import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply } from '../../arm/types.ts';
import { ACCOUNT_TYPE, findAccount } from '../accounts.ts';
import { deletedAccounts } from './accountDeletion.ts';
import { NAME_RULE, skuTier, VALID_NAME } from './accountModel.ts';
import { ACCOUNT_SKUS } from './accountRules.ts';

/** POST /subscriptions/{id}/providers/Microsoft.Storage/checkNameAvailability */
export function checkNameAvailability(call: ArmCall): ArmReply | undefined {
  if (call.method !== 'POST' || !/\/checkNameAvailability$/i.test(call.path.id)) return undefined;
  const { name = '' } = (call.body ?? {}) as { name?: string };
  if (!VALID_NAME.test(name)) {
    const message = `${name} is not a valid storage account name. ${NAME_RULE}`;
    return { status: 200, body: { nameAvailable: false, reason: 'AccountNameInvalid', message } };
  }
  if (findAccount(call.world, name)) {
    const message = `The storage account named ${name} is already taken.`;
    return { status: 200, body: { nameAvailable: false, reason: 'AlreadyExists', message } };
  }
  return { status: 200, body: { nameAvailable: true } };
}

/** GET …/storageAccounts/{name}/privateLinkResources: the sub-resources that a private endpoint can serve. */
export function privateLinkResources(call: ArmCall): ArmReply | undefined {
  const match = /^(.*\/storageAccounts\/[^/]+)\/privateLinkResources$/i.exec(call.path.id);
  if (call.method !== 'GET' || !match) return undefined;
  const { id } = call.world.store.require(match[1]!);
  const value = ['blob', 'table', 'queue', 'file', 'web', 'dfs'].map((group) => ({
    id: `${id}/privateLinkResources/${group}`,
    name: group,
    type: `${ACCOUNT_TYPE}/privateLinkResources`,
    properties: {
      groupId: group,
      requiredMembers: [group],
      requiredZoneNames: [`privatelink.${group}.core.windows.net`],
    },
  }));
  return { status: 200, body: { value } };
}

/** "Scalability and performance targets": storage accounts per region and subscription. */
const MOST_ACCOUNTS = 250;

/** GET …/locations/{location}/usages */
export function usages(call: ArmCall): ArmReply | undefined {
  const location = /\/locations\/([^/]+)\/usages$/i.exec(call.path.id)?.[1];
  if (call.method !== 'GET' || location === undefined) return undefined;
  const under = `/subscriptions/${call.path.subscriptionId}`;
  const accounts = call.world.store.list({ type: ACCOUNT_TYPE, under });
  const currentValue = accounts.filter((account) => account.location === location.toLowerCase()).length;
  const name = { value: 'StorageAccounts', localizedValue: 'Storage Accounts' };
  return { status: 200, body: { value: [{ unit: 'Count', currentValue, limit: MOST_ACCOUNTS, name }] } };
}

/** GET /subscriptions/{id}/providers/Microsoft.Storage/skus */
export function skus(call: ArmCall): ArmReply | undefined {
  if (call.method !== 'GET' || !/\/providers\/Microsoft\.Storage\/skus$/i.test(call.path.id)) return undefined;
  const value = Object.entries(ACCOUNT_SKUS).flatMap(([kind, names]) =>
    names.flatMap((name) =>
      locationNames().map((location) => ({
        resourceType: 'storageAccounts',
        name,
        tier: skuTier(name),
        kind,
        locations: [location],
        capabilities: [],
        restrictions: [],
      })),
    ),
  );
  return { status: 200, body: { value } };
}

/** GET …/deletedAccounts of a subscription, and one of them by location and name. */
export function deletedAccountQueries(call: ArmCall): ArmReply | undefined {
  const [, one] = /\/deletedAccounts(?:\/([^/]+))?$/i.exec(call.path.id) ?? [undefined, undefined];
  if (call.method !== 'GET' || !/\/deletedAccounts(\/|$)/i.test(call.path.id)) return undefined;
  const all = deletedAccounts(call.world, call.path.subscriptionId);
  if (one === undefined) return { status: 200, body: { value: all } };
  const found = all.find(({ name }) => name === one.toLowerCase());
  if (found) return { status: 200, body: found };
  throw new ArmError(404, 'DeletedAccountNotFound', `The deleted account ${one} was not found.`);
}
