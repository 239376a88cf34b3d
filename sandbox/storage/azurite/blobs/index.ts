import { patchContainers } from './containers.ts';
import { patchDeletes } from './deletes.ts';
import { patchGarbageCollection } from './garbage.ts';
import { patchHandlers } from './handlers.ts';
import { patchListing } from './listing.ts';
import { patchReads } from './reads.ts';
import { patchSas } from './sas.ts';
import { store } from './store.ts';
import { patchSetTier, patchWrites } from './writes.ts';

/**
 * What Azurite's blob service lacks: versions, soft delete, immutability, rehydration. All of it lies around the methods
 * of its metadata store, which every operation goes through.
 */
export function patchBlobs(): void {
  const methods = store();
  patchReads(methods);
  patchWrites(methods);
  patchSetTier(methods);
  patchDeletes(methods);
  patchListing(methods);
  patchContainers(methods);
  patchGarbageCollection(methods);
  patchHandlers();
  patchSas();
}
