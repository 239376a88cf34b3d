/**
 * Private DNS zones of private endpoints' sub-resources (Azure: private endpoint DNS configuration). Of a resource that
 * exists ARM says the same as `requiredZoneNames` of its private link resources, and what it says counts.
 */
export const documentedZones = {
  blob: ['privatelink.blob.core.windows.net'],
  queue: ['privatelink.queue.core.windows.net'],
  table: ['privatelink.table.core.windows.net'],
  /** The export hosts of managed disks lie in the blob zone. */
  disks: ['privatelink.blob.core.windows.net'],
  vault: ['privatelink.vaultcore.azure.net'],
  sites: ['privatelink.azurewebsites.net'],
  sqlServer: ['privatelink.database.windows.net'],
} as const satisfies Record<string, readonly string[]>;

/** Sub-resources that endpoints connect to (`groupIds`). */
export type EndpointGroup = keyof typeof documentedZones;

/** Zone names that each group's endpoints write their records into. */
export type RequiredZones = Record<EndpointGroup, readonly string[]>;
