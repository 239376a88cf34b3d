import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../arm/types.ts';
import { ACCOUNT_TYPE, findAccount } from '../accounts.ts';
import type { DataPlane } from '../dataPlane.ts';
import { accountProperties, NAME_RULE, skuTier, VALID_NAME } from './accountModel.ts';
import { putDefaultServices } from './settings.ts';

interface AccountBody {
  location?: string;
  kind?: string;
  sku?: { name?: string };
  tags?: Record<string, string>;
  properties?: Record<string, unknown>;
  [field: string]: unknown;
}

/** `Microsoft.Storage/storageAccounts` (REST: Storage Accounts). */
export function accountType(options: {
  keysOf: (account: string) => { key1: Buffer; key2: Buffer };
  dataPlane: DataPlane;
}): ResourceType {
  const { keysOf, dataPlane } = options;
  return {
    type: ACCOUNT_TYPE,
    put: (call, existing) => putAccount(call, existing, dataPlane),
    patch: (call, existing) => {
      const account = merge(call, existing, (call.body ?? {}) as AccountBody);
      call.world.store.put(account);
      return { status: 200, body: withConnections(account, call) };
    },
    delete(call, existing) {
      call.world.store.delete(existing.id);
      return { status: 200 };
    },
    view: withConnections,
    actions: {
      listkeys(_call, existing) {
        const { key1, key2 } = keysOf(existing.name);
        const creationTime = existing.properties?.creationTime;
        const key = (keyName: string, value: Buffer) => ({
          creationTime,
          keyName,
          permissions: 'FULL',
          value: value.toString('base64'),
        });
        return { status: 200, body: { keys: [key('key1', key1), key('key2', key2)] } };
      },
    },
  };
}

function putAccount(call: ArmCall, existing: ArmResource | undefined, dataPlane: DataPlane): ArmReply {
  const { world, path } = call;
  const body = (call.body ?? {}) as AccountBody;
  if (!VALID_NAME.test(path.name)) {
    throw new ArmError(400, 'AccountNameInvalid', `${path.name} is not a valid storage account name. ${NAME_RULE}`);
  }
  if (existing) {
    const account = merge(call, existing, body);
    world.store.put(account);
    return { status: 200, body: withConnections(account, call) };
  }
  if (findAccount(world, path.name)) {
    throw new ArmError(409, 'StorageAccountAlreadyTaken', `The storage account named ${path.name} is already taken.`);
  }
  if (!body.location)
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.');
  if (!body.sku?.name || !body.kind) {
    throw new ArmError(
      400,
      'InvalidRequestPropertyValue',
      `The value '' is not allowed for property ${body.kind ? 'sku.name' : 'kind'}.`,
    );
  }
  const account = merge(call, undefined, body);
  world.store.put({ ...account, properties: { ...account.properties, provisioningState: 'Creating' } });
  return {
    status: 202,
    longRunning: {
      style: 'location',
      work: async () => {
        // An account of that name may have been deleted, itself or with its group: this one starts empty.
        await dataPlane.empty(account);
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

/** GET shows the account's private endpoint connections inside the account. */
function withConnections(account: ArmResource, { world }: ArmCall): ArmResource {
  const connections = world.store.list({ type: `${ACCOUNT_TYPE}/privateEndpointConnections`, under: account.id });
  return { ...account, properties: { ...account.properties, privateEndpointConnections: connections } };
}
