import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { ACCOUNT_TYPE, findAccount } from '../accounts.ts';
import type { DataPlane } from '../dataPlane.ts';
import type { Secrets } from '../secrets.ts';
import { accountActions } from './accountActions.ts';
import { checkDeletable, recordDeletion } from './accountDeletion.ts';
import { accountProperties, NAME_RULE, skuTier, VALID_NAME } from './accountModel.ts';
import { checkAccount, type AccountBody } from './accountRules.ts';
import { putDefaultServices } from './services.ts';

/** `Microsoft.Storage/storageAccounts` (REST: Storage Accounts). */
export function accountType(options: { secrets: Secrets; dataPlane: DataPlane }): ResourceType {
  const { secrets, dataPlane } = options;
  const view = (account: ArmResource, call: ArmCall) => shown(account, call, secrets);
  return {
    type: ACCOUNT_TYPE,
    put: (call, existing) => putAccount(call, existing, { secrets, dataPlane, view }),
    patch(call, existing) {
      checkAccount(call, existing);
      call.world.store.put(merge(call, existing, (call.body ?? {}) as AccountBody));
      return { status: 200 };
    },
    async delete(call, existing) {
      await checkDeletable(call.world, existing, dataPlane);
      recordDeletion(call.world, existing);
      call.world.store.delete(existing.id);
      return { status: 200 };
    },
    view,
    actions: accountActions(secrets),
  };
}

function putAccount(
  call: ArmCall,
  existing: ArmResource | undefined,
  parts: { secrets: Secrets; dataPlane: DataPlane; view: (account: ArmResource, call: ArmCall) => ArmResource },
): ArmReply {
  const { world, path } = call;
  const body = (call.body ?? {}) as AccountBody;
  if (!VALID_NAME.test(path.name)) {
    throw new ArmError(400, 'AccountNameInvalid', `${path.name} is not a valid storage account name. ${NAME_RULE}`);
  }
  if (!existing && findAccount(world, path.name)) {
    throw new ArmError(409, 'StorageAccountAlreadyTaken', `The storage account named ${path.name} is already taken.`);
  }
  if (!existing && !body.location) {
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
  }
  checkAccount(call, existing);
  const account = merge(call, existing, body);
  if (existing) {
    world.store.put(account);
    return { status: 200 };
  }
  world.store.put({ ...account, properties: { ...account.properties, provisioningState: 'Creating' } });
  return {
    status: 202,
    longRunning: {
      style: 'location',
      work: async () => {
        // An account of that name may have been deleted, itself or with its group: this one starts empty.
        parts.secrets.renew(account.name, 'key1', 'key2');
        parts.secrets.revokeDelegations(account.name);
        await parts.dataPlane.empty(account);
        world.store.put(account);
        putDefaultServices(world, account);
        return undefined;
      },
    },
  };
}

/** What a request leaves of an account: omitted properties stay, as PUT and PATCH of accounts have it. */
function merge(call: ArmCall, existing: ArmResource | undefined, body: AccountBody): ArmResource {
  const { path, world } = call;
  const skuName = body.sku?.name ?? (existing?.sku as { name: string }).name;
  const kind = body.kind ?? (existing?.kind as string);
  const location = existing?.location ?? body.location ?? '';
  const { identity = existing?.identity, tags = existing?.tags } = body as ArmResource;
  return {
    id: existing?.id ?? path.id,
    name: path.name,
    type: ACCOUNT_TYPE,
    location,
    ...(tags && { tags }),
    ...(identity !== undefined && { identity }),
    sku: { name: skuName, tier: skuTier(skuName) },
    kind,
    properties: accountProperties(
      { name: path.name, location, skuName, kind, now: world.clock.iso() },
      existing?.properties,
      body.properties,
    ),
  };
}

/** GET shows the account's private endpoint connections inside the account, and when its keys were made. */
function shown(account: ArmResource, { world }: ArmCall, secrets: Secrets): ArmResource {
  const connections = world.store.list({ type: `${ACCOUNT_TYPE}/privateEndpointConnections`, under: account.id });
  const keyCreationTime = secrets.historyOf(account.name).times;
  return {
    ...account,
    properties: { ...account.properties, keyCreationTime, privateEndpointConnections: connections },
  };
}
