import { bodyOf, tracked } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { accessActions } from '../managedDisks/access.ts';
import { copySource, INHERITED } from '../managedDisks/diskSource.ts';
import { dropDisk, refuseActiveSas, withDiskState } from '../managedDisks/diskState.ts';
import { encryptionOf } from '../managedDisks/disks.ts';
import { checkName, invalidParameter, notAllowed, notHere, propertyFixed } from '../errors.ts';
import { exportPolicy } from '../managedDisks/exportPolicy.ts';
import { chosen, object, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { DISK, GIB, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';

const FIVE_MINUTES_MS = 5 * 60 * 1000;
const OPTIONAL = ['supportedCapabilities', 'purchasePlan', 'supportsHibernation', 'securityProfile'] as const;

/** @throws ArmError 409 OperationNotAllowed: too many snapshots of one disk in a short time */
function countSnapshot(parts: ComputeParts, source: ArmResource): void {
  const now = parts.world.clock.now();
  const key = text(source.properties, 'uniqueId') ?? source.id;
  const recent = (parts.snapshotTimes.get(key) ?? []).filter((time) => time > now - FIVE_MINUTES_MS);
  if (recent.length >= parts.limits.snapshotsPerFiveMinutes) {
    throw notAllowed(
      `Disk ${source.name} has had ${recent.length} incremental snapshots in the last five minutes. ` +
        `The limit is ${parts.limits.snapshotsPerFiveMinutes}: try again later.`,
    );
  }
  parts.snapshotTimes.set(key, [...recent, now]);
}

/** Incremental snapshots of one disk (by its uniqueId) are one family; a copy of a snapshot begins another. */
function familyOf(parts: ComputeParts, source: ArmResource): string {
  const key = text(source.properties, 'uniqueId') ?? source.id;
  const family = parts.families.get(key) ?? parts.world.guid();
  parts.families.set(key, family);
  return family;
}

export function snapshotType(parts: ComputeParts): ResourceType {
  const { world } = parts;

  const create = (call: ArmCall): void => {
    const body = bodyOf(call);
    const asked: Json = body.properties ?? {};
    const resource = tracked(call, undefined);
    const creation = object(asked, 'creationData');
    const option = text(creation, 'createOption');
    if (option !== 'Copy') throw notHere(`snapshots with createOption '${option ?? 'null'}'`);
    const source = copySource(parts, creation);
    const location = resource.location ?? '';
    if (source.location !== location) {
      throw invalidParameter(
        'location',
        `Snapshot ${resource.name} must be in ${source.location}, where its source is.`,
      );
    }
    const incremental = asked['incremental'] === true;
    if (incremental && !sameId(source.id.split('/')[2], call.path.subscriptionId)) {
      throw invalidParameter(
        'creationData.sourceResourceId',
        'An incremental snapshot must be in the subscription of its disk.',
      );
    }
    const policy = exportPolicy(parts, location, asked, {});
    if (incremental && source.type === DISK) countSnapshot(parts, source);
    parts.volumes.copy(source.id, resource.id);
    const from = properties(source);
    const size = parts.volumes.size(resource.id);
    world.store.put({
      ...resource,
      sku: { name: text(body['sku'], 'name') ?? 'Standard_LRS', tier: 'Standard' },
      properties: {
        ...chosen(from, INHERITED),
        ...chosen(asked, OPTIONAL),
        encryption: encryptionOf(asked, from),
        ...policy,
        creationData: { createOption: option, sourceResourceId: source.id, sourceUniqueId: from['uniqueId'] },
        diskSizeGB: Math.ceil(size / GIB),
        diskSizeBytes: size,
        timeCreated: world.clock.iso(),
        uniqueId: world.guid(),
        incremental,
        ...(incremental && { incrementalSnapshotFamilyId: familyOf(parts, source) }),
        completionPercent: 100,
        snapshotAccessState: 'Available',
        provisioningState: 'Succeeded',
      },
    });
  };

  const update = (call: ArmCall, snapshot: ArmResource, replace: boolean): ArmReply => {
    const body = bodyOf(call);
    const asked: Json = body.properties ?? {};
    const source = text(object(asked, 'creationData'), 'sourceResourceId');
    const made = text(object(snapshot.properties, 'creationData'), 'sourceResourceId');
    if (source !== undefined && !sameId(source, made)) throw propertyFixed('creationData.sourceResourceId');
    if ('incremental' in asked && asked['incremental'] !== snapshot.properties?.['incremental'])
      throw propertyFixed('incremental');
    const policy = exportPolicy(parts, snapshot.location ?? '', asked, properties(snapshot));
    const { diskAccessId: _old, ...kept } = properties(snapshot);
    world.store.put({
      ...snapshot,
      ...(replace ? { tags: undefined, ...tracked(call, snapshot) } : body.tags && { tags: body.tags }),
      properties: { ...kept, ...chosen(asked, OPTIONAL), ...policy },
    });
    return accepted();
  };

  return {
    type: SNAPSHOT,
    put(call, existing) {
      if (existing) return update(call, existing, true);
      checkName('snapshot', call.path.name);
      create(call);
      return accepted();
    },
    patch: (call, existing) => update(call, existing, false),
    delete(_call, snapshot) {
      refuseActiveSas(parts, snapshot);
      dropDisk(parts, snapshot);
      return accepted();
    },
    view: (snapshot) => withDiskState(parts, snapshot),
    actions: accessActions(parts, {
      refuse(snapshot, access) {
        if (access === 'Write') throw notAllowed(`Snapshot ${snapshot.name} can be read only.`);
      },
    }),
  };
}
