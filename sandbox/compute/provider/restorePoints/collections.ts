import { bodyOf, tracked } from '../../../arm/resource.ts';
import type { ArmCall, ResourceType } from '../../../arm/types.ts';
import { checkName, invalidParameter, missingParameter, notHere, propertyFixed, referenceNotFound } from '../errors.ts';
import { chosen, object, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { MACHINE, RESTORE_POINT, RESTORE_POINT_COLLECTION } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { expands } from '../virtualMachines/machineView.ts';
import { dropRestorePoint, refuseExported } from './diskRestorePoints.ts';

/** Restore point collections: where the restore points of one machine stand. */
export function restorePointCollectionType(parts: ComputeParts): ResourceType {
  const { store, guid } = parts.world;

  /** `source` of the collection. @throws ArmError 400 InvalidParameter, 404 NotFound, 501 */
  const sourceOf = (asked: Json, location: string | undefined): Json => {
    const id = text(object(asked, 'source'), 'id');
    if (!id) throw missingParameter('source.id');
    const source = store.get(id);
    if (source?.type === RESTORE_POINT_COLLECTION) throw notHere('copies of restore point collections');
    if (source?.type !== MACHINE) throw referenceNotFound(id);
    if (source.location === location) return { id: source.id, location };
    throw invalidParameter('location', `A restore point collection must be in ${source.location}, where its VM is.`);
  };

  const put: ResourceType['put'] = (call, existing) => {
    checkName('restorePointCollection', call.path.name);
    const asked: Json = bodyOf(call).properties ?? {};
    const resource = tracked(call, existing);
    const had = properties(existing);
    const before = object(had, 'source');
    const wanted = text(object(asked, 'source'), 'id');
    if (existing && wanted !== undefined && !sameId(wanted, text(before, 'id'))) throw propertyFixed('source.id');
    store.put({
      ...resource,
      properties: {
        ...chosen(had, ['instantAccess']),
        ...chosen(asked, ['instantAccess']),
        source: existing ? before : sourceOf(asked, resource.location),
        restorePointCollectionId: had['restorePointCollectionId'] ?? guid(),
        provisioningState: 'Succeeded',
      },
    });
    return { status: existing ? 200 : 201 };
  };

  return {
    type: RESTORE_POINT_COLLECTION,
    put,
    patch(call, existing) {
      const { tags } = bodyOf(call);
      if (tags) store.put({ ...existing, tags });
      return { status: 200 };
    },
    delete(_call, existing) {
      const points = store.list({ type: RESTORE_POINT, under: existing.id });
      for (const point of points) refuseExported(parts, point);
      return accepted(async () => {
        for (const point of points) dropRestorePoint(parts, point);
        store.delete(existing.id);
      });
    },
    view(collection, call: ArmCall) {
      if (!expands(call, 'restorePoints')) return collection;
      const restorePoints = store.list({ type: RESTORE_POINT, under: collection.id });
      return { ...collection, properties: { ...collection.properties, restorePoints } };
    },
  };
}
