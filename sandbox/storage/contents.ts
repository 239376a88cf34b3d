import type { ArmResource, ArmWorld } from '../arm/types.ts';

/** What accounts hold that ARM shows as resources, by the service that holds it. */
export const CONTENT_TYPES = {
  blob: 'blobServices/default/containers',
  queue: 'queueServices/default/queues',
  table: 'tableServices/default/tables',
} as const;

export type StorageKind = keyof typeof CONTENT_TYPES;
export const STORAGE_KINDS: StorageKind[] = ['blob', 'queue', 'table'];

/** The ARM type of a service's contents: `Microsoft.Storage/storageAccounts/blobServices/containers`. */
export function contentType(kind: StorageKind): string {
  return `Microsoft.Storage/storageAccounts/${CONTENT_TYPES[kind].replace('/default/', '/')}`;
}

/** A container, queue or table as ARM shows it. `given` are the caller's own properties. */
export function contentResource(
  world: ArmWorld,
  account: ArmResource,
  content: { kind: StorageKind; name: string; given?: Record<string, unknown> },
): ArmResource {
  const { kind, name, given = {} } = content;
  const id = `${account.id}/${CONTENT_TYPES[kind]}/${name}`;
  const resource = { id, name, type: contentType(kind) };
  switch (kind) {
    case 'blob':
      return { ...resource, etag: etagOf(world), properties: containerProperties(world, given) };
    case 'queue':
      return { ...resource, properties: given };
    case 'table':
      return { ...resource, properties: { ...given, tableName: name } };
  }
}

function containerProperties(world: ArmWorld, given: Record<string, unknown>): Record<string, unknown> {
  return {
    publicAccess: 'None',
    defaultEncryptionScope: '$account-encryption-key',
    denyEncryptionScopeOverride: false,
    ...given,
    deleted: false,
    hasImmutabilityPolicy: false,
    hasLegalHold: false,
    lastModifiedTime: world.clock.iso(),
    leaseState: 'Available',
    leaseStatus: 'Unlocked',
    remainingRetentionDays: 0,
  };
}

function etagOf(world: ArmWorld): string {
  return `"0x8D${world.guid().replaceAll('-', '').slice(0, 13).toUpperCase()}"`;
}
