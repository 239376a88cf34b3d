import type { StoredMap } from '../../core/state.ts';
import type { DiskSas } from './sas.ts';
import type { VhdBlobs } from './vhdBlobs.ts';
import type { Volumes } from './volumes.ts';

/**
 * Forgets what belongs to no resource. Contents and facts are there before their resource is, and go after it, so a killed
 * run may leave some behind. To be called before anything is made.
 * @param facts maps whose keys are lower-case resource ids
 */
export function forgetOrphans(
  parts: { volumes: Volumes; sas: DiskSas; blobs: VhdBlobs },
  facts: Pick<StoredMap<unknown>, 'keys' | 'delete'>[],
  exists: (id: string) => boolean,
): void {
  const ids = new Set([...parts.volumes.keys(), ...parts.sas.resources()]);
  for (const id of ids) {
    if (exists(id)) continue;
    parts.volumes.delete(id);
    parts.sas.forget(id);
    parts.blobs.forget(id);
  }
  for (const map of facts) for (const id of [...map.keys()]) if (!exists(id)) map.delete(id);
}
