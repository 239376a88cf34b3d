import type { ArmCall, ArmReply, ArmResource, ArmWorld, ResourceType } from '../../arm/types.ts';
import { ACCOUNT_TYPE } from '../accounts.ts';

/** What each service's `default` resource says when nobody has set anything. */
const SERVICE_DEFAULTS: Record<string, Record<string, unknown>> = {
  blobServices: {
    cors: { corsRules: [] },
    deleteRetentionPolicy: { allowPermanentDelete: false, enabled: false },
  },
  queueServices: { cors: { corsRules: [] } },
  tableServices: { cors: { corsRules: [] } },
};

/** The `default` service resources, which exist from the account's first moment. */
export function putDefaultServices(world: ArmWorld, account: ArmResource): void {
  for (const service of Object.keys(SERVICE_DEFAULTS)) {
    world.store.put(serviceResource(account.id, account.sku, service, {}));
  }
}

/** `blobServices`, `queueServices`, `tableServices`: settings of an account's services (REST: Blob Services and so on). */
export function serviceTypes(): ResourceType[] {
  return Object.keys(SERVICE_DEFAULTS).map((service) => ({
    type: `${ACCOUNT_TYPE}/${service}`,
    put(call: ArmCall, existing: ArmResource | undefined): ArmReply {
      const account = call.world.store.require(accountIdOf(call.path.id));
      const given = { ...existing?.properties, ...propertiesOf(call) };
      const resource = serviceResource(account.id, account.sku, service, given);
      call.world.store.put(resource);
      return { status: 200, body: resource };
    },
  }));
}

function serviceResource(
  accountId: string,
  sku: unknown,
  service: string,
  given: Record<string, unknown>,
): ArmResource {
  return {
    id: `${accountId}/${service}/default`,
    name: 'default',
    type: `${ACCOUNT_TYPE}/${service}`,
    ...(service === 'blobServices' && { sku }),
    properties: { ...SERVICE_DEFAULTS[service], ...given },
  };
}

/** The lifecycle rules of an account (REST: Management Policies). Kept, not executed. */
export function managementPolicyType(): ResourceType {
  return {
    type: `${ACCOUNT_TYPE}/managementPolicies`,
    put: (call) => keep(call, { lastModifiedTime: call.world.clock.iso() }),
    delete: remove,
  };
}

/** The account's side of private endpoints; Microsoft.Network creates them, their owner approves or removes them. */
export function privateEndpointConnectionType(): ResourceType {
  return {
    type: `${ACCOUNT_TYPE}/privateEndpointConnections`,
    put: (call, existing) =>
      keep(call, { ...existing?.properties, ...propertiesOf(call), provisioningState: 'Succeeded' }),
    delete: remove,
  };
}

function keep(call: ArmCall, computed: Record<string, unknown>): ArmReply {
  const { id, name, type } = call.path;
  const resource = { id, name, type, properties: { ...propertiesOf(call), ...computed } };
  call.world.store.put(resource);
  return { status: 200, body: resource };
}

function remove(call: ArmCall, existing: ArmResource): ArmReply {
  call.world.store.delete(existing.id);
  return { status: 200 };
}

function propertiesOf(call: ArmCall): Record<string, unknown> {
  return ((call.body ?? {}) as ArmResource).properties ?? {};
}

/** The id of the account that a child's id belongs to. */
export function accountIdOf(id: string): string {
  return id.split('/').slice(0, 9).join('/');
}
