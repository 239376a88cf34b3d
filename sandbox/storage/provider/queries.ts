import type { ArmCall, ArmReply } from '../../arm/types.ts';
import { ACCOUNT_TYPE, findAccount } from '../accounts.ts';
import { NAME_RULE, VALID_NAME } from './accountModel.ts';

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
