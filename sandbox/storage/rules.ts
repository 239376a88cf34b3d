import type { ArmResource, ArmWorld } from '../arm/types.ts';
import type { BlobRules, ContainerRules, Rules } from './azurite/rules.ts';
import type { StorageKind } from './contents.ts';
import type { Secrets } from './secrets.ts';

interface RetentionPolicy {
  enabled?: boolean;
  days?: number;
}

/** A time-based policy as ARM has it, of a container or as an account's default. */
interface PolicyProperties {
  immutabilityPeriodSinceCreationInDays?: number;
  state?: string;
  allowProtectedAppendWrites?: boolean;
  allowProtectedAppendWritesAll?: boolean;
}

/** What the data servers must know of an account, and of the container that a request is about. */
export function rulesOf(
  world: ArmWorld,
  secrets: Secrets,
  request: { account: ArmResource; kind: StorageKind; container?: string | undefined },
): Rules {
  const { account, kind, container } = request;
  const { key1, key2, revocations } = secrets.historyOf(account.name);
  return {
    account: account.name,
    keyGenerations: { key1, key2 },
    delegationRevocations: revocations,
    ...(kind === 'blob' && { blob: blobRules(world, account, container) }),
  };
}

function blobRules(world: ArmWorld, account: ArmResource, container: string | undefined): BlobRules {
  const service = world.store.get(`${account.id}/blobServices/default`)?.properties ?? {};
  const blobs = service.deleteRetentionPolicy as RetentionPolicy | undefined;
  const containers = service.containerDeleteRetentionPolicy as RetentionPolicy | undefined;
  const skuName = (account.sku as { name: string }).name;
  const ofContainer = container === undefined ? undefined : containerRules(world, account, container);
  return {
    skuName,
    kind: account.kind as string,
    versioning: service.isVersioningEnabled === true,
    ...(blobs?.enabled && { deleteRetentionDays: blobs.days ?? 7 }),
    ...(containers?.enabled && { containerRetentionDays: containers.days ?? 7 }),
    defaultTier: defaultTier(account),
    // "Access tiers for blob data": not with zone-redundant storage, nor in premium accounts.
    archiveTier: ['Standard_LRS', 'Standard_GRS', 'Standard_RAGRS'].includes(skuName) && account.kind !== 'Storage',
    ...(ofContainer && { container: ofContainer }),
  };
}

function defaultTier({ properties }: ArmResource): string {
  const tier = properties?.accessTier;
  return tier === 'Cool' || tier === 'Cold' ? tier : 'Hot';
}

/** Undefined where nothing protects a container. */
export function containerRules(world: ArmWorld, account: ArmResource, name: string): ContainerRules | undefined {
  const id = `${account.id}/blobServices/default/containers/${name}`;
  const container = world.store.get(id)?.properties;
  const own = world.store.get(`${id}/immutabilityPolicies/default`)?.properties as PolicyProperties | undefined;
  const ofAccount = account.properties?.immutableStorageWithVersioning as
    { enabled?: boolean; immutabilityPolicy?: PolicyProperties } | undefined;
  const ofContainer = container?.immutableStorageWithVersioning as { enabled?: boolean } | undefined;
  const versionLevel = ofAccount?.enabled === true || ofContainer?.enabled === true;
  const legalHold = ((container?.legalHold as { tags?: unknown[] } | undefined)?.tags ?? []).length > 0;
  const byDefault = ofAccount?.enabled && ofAccount.immutabilityPolicy?.state !== 'Disabled';
  const policy = own ?? (byDefault ? ofAccount.immutabilityPolicy : undefined);
  if (!versionLevel && !legalHold && !policy) return undefined;
  return {
    versionLevel,
    legalHold,
    ...(policy && {
      policy: {
        days: policy.immutabilityPeriodSinceCreationInDays ?? 0,
        locked: policy.state === 'Locked',
        appends: policy.allowProtectedAppendWrites === true || policy.allowProtectedAppendWritesAll === true,
      },
    }),
  };
}
