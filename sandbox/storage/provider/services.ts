import { ArmError } from '../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource, ArmWorld, ResourceType } from '../../arm/types.ts';
import { accountIdOf, ACCOUNT_TYPE } from '../accounts.ts';
import { contentType } from '../contents.ts';
import { containerRules } from '../rules.ts';

/** What each service's `default` resource says when nobody has set anything. */
const SERVICE_DEFAULTS: Record<string, Record<string, unknown>> = {
  blobServices: {
    cors: { corsRules: [] },
    deleteRetentionPolicy: { allowPermanentDelete: false, enabled: false },
  },
  fileServices: { cors: { corsRules: [] }, shareDeleteRetentionPolicy: { enabled: true, days: 7 } },
  queueServices: { cors: { corsRules: [] } },
  tableServices: { cors: { corsRules: [] } },
};

/** The `default` service resources, which exist from the account's first moment. */
export function putDefaultServices(world: ArmWorld, account: ArmResource): void {
  for (const service of Object.keys(SERVICE_DEFAULTS)) {
    // Version-level immutability of an account needs versioning, and brings it.
    const versioning = service === 'blobServices' && isVersionLevel(account);
    world.store.put(serviceResource(account, service, versioning ? { isVersioningEnabled: true } : {}));
  }
}

function isVersionLevel({ properties }: ArmResource): boolean {
  return (properties?.immutableStorageWithVersioning as { enabled?: boolean } | undefined)?.enabled === true;
}

/** `blobServices`, `fileServices`, `queueServices`, `tableServices`: settings of an account's services. */
export function serviceTypes(): ResourceType[] {
  return Object.keys(SERVICE_DEFAULTS).map((service) => ({
    type: `${ACCOUNT_TYPE}/${service}`,
    nameRule: {
      pattern: /^default$/,
      refuse: (name) => new ArmError(400, 'InvalidResourceName', `The resource is named 'default', not '${name}'.`),
    },
    put(call: ArmCall, existing: ArmResource | undefined): ArmReply {
      const { world } = call;
      const account = world.store.require(accountIdOf(call.path.id));
      const asked = ((call.body ?? {}) as ArmResource).properties ?? {};
      if (service === 'blobServices') checkBlobService(world, account, asked);
      world.store.put(serviceResource(account, service, { ...existing?.properties, ...asked }));
      return { status: 200 };
    },
  }));
}

function checkBlobService(world: ArmWorld, account: ArmResource, asked: Record<string, unknown>): void {
  for (const name of ['deleteRetentionPolicy', 'containerDeleteRetentionPolicy']) {
    const policy = asked[name] as { enabled?: boolean; days?: number } | undefined;
    if (!policy?.enabled || (Number.isInteger(policy.days) && policy.days! >= 1 && policy.days! <= 365)) continue;
    const message = `The value '${policy.days ?? ''}' is not allowed for property ${name}.days: it is a number from 1 to 365.`;
    throw new ArmError(400, 'InvalidRequestPropertyValue', message);
  }
  if (asked.isVersioningEnabled !== false) return;
  const containers = world.store.list({ type: contentType('blob'), under: account.id });
  const needed =
    isVersionLevel(account) || containers.some(({ name }) => containerRules(world, account, name)?.versionLevel);
  if (!needed) return;
  // The code that Azure gives here is not documented.
  const message =
    'Versioning cannot be disabled while version-level immutability is enabled for the account or a container.';
  throw new ArmError(409, 'BlobVersioningRequired', message);
}

function serviceResource(account: ArmResource, service: string, given: Record<string, unknown>): ArmResource {
  return {
    id: `${account.id}/${service}/default`,
    name: 'default',
    type: `${ACCOUNT_TYPE}/${service}`,
    ...(['blobServices', 'fileServices'].includes(service) && { sku: account.sku }),
    properties: { ...SERVICE_DEFAULTS[service], ...given },
  };
}
