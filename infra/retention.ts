/** How long a deleted blob, version or container can be had back, whoever deleted it. */
const SOFT_DELETE_DAYS = 14;
/** How old a version that is not the current one becomes at least, counted from when it was written. */
const LEAST_VERSION_DAYS = 7;

/**
 * What a repository's account keeps of what was overwritten or deleted. The objects that a repository overwrites are few
 * and small (registrations, marks); what a prune deletes becomes a version that is not current, and goes by the lifecycle
 * rule as soon as it is old enough and no longer immutable; then soft delete keeps it for its days.
 * @returns the blob service's properties and the lifecycle rule, as azure-native takes them
 */
export function retention(immutabilityDays: number) {
  const softDelete = { enabled: true, days: SOFT_DELETE_DAYS };
  return {
    service: {
      isVersioningEnabled: true,
      deleteRetentionPolicy: softDelete,
      containerDeleteRetentionPolicy: softDelete,
    },
    versions: {
      name: 'delete-noncurrent-versions',
      enabled: true,
      type: 'Lifecycle',
      definition: {
        filters: { blobTypes: ['blockBlob'] },
        actions: {
          version: { delete: { daysAfterCreationGreaterThan: Math.max(immutabilityDays, LEAST_VERSION_DAYS) } },
        },
      },
    },
  };
}
