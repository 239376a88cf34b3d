import { bodyOf, tracked } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { checkName, missingParameter, notAllowed, notHere, propertyFixed } from '../errors.ts';
import { chosen, object, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { accessActions } from '../managedDisks/access.ts';
import { copySource, diskSource, INHERITED } from '../managedDisks/diskSource.ts';
import { diskState, dropDisk, refuseActiveSas, withDiskState } from '../managedDisks/diskState.ts';
import { encryptionOf, refuseOtherEncryptionSet } from '../managedDisks/encryption.ts';
import { exportPolicy } from '../managedDisks/exportPolicy.ts';
import { refusePrivateUpload } from '../managedDisks/diskChecks.ts';
import { DISK, GIB, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { beginCopy, copyFields } from './backgroundCopies.ts';
import {
  checkCopy,
  checkCopyStart,
  copiesInBackground,
  countSnapshot,
  familyOf,
  keyOf,
  snapshotSku,
} from './snapshotRules.ts';
import type { SnapshotRequest } from './snapshotRules.ts';

const OPTIONAL = [
  'supportedCapabilities',
  'purchasePlan',
  'supportsHibernation',
  'securityProfile',
  'osType',
  'hyperVGeneration',
] as const;
/** Of `creationData`, beside the source. */
const CREATION = ['instantAccessDurationMinutes', 'provisionedBandwidthCopySpeed', 'logicalSectorSize'] as const;

/** A snapshot's contents and what follows from them. */
interface Beginning {
  creationData: Json;
  inherited: Json;
  family?: string;
  fill(id: string): Promise<void> | void;
}

export function snapshotType(parts: ComputeParts): ResourceType {
  const { world, volumes } = parts;

  const copy = (request: SnapshotRequest, creation: Json): Beginning => {
    const { incremental, asked, location } = request;
    const source = copySource(parts, creation, [DISK, SNAPSHOT]);
    checkCopy(source, request);
    const encryption = encryptionOf(parts, location, asked, properties(source));
    if (incremental && source.type === DISK) {
      refuseOtherEncryptionSet(source, encryption);
      countSnapshot(parts, source);
    }
    return {
      ...made(source, creation),
      ...(incremental && { family: familyOf(parts, keyOf(source)) }),
      fill(id) {
        volumes.copy(source.id, id);
        if (copiesInBackground(source)) beginCopy(parts, id, source.id);
      },
    };
  };

  const copyStart = (request: SnapshotRequest, creation: Json): Beginning => {
    const source = copySource(parts, creation, [SNAPSHOT]);
    checkCopyStart(parts, source, request);
    const family = text(source.properties, 'incrementalSnapshotFamilyId')!;
    const speed = text(creation, 'provisionedBandwidthCopySpeed') === 'Enhanced' ? 2 : 1;
    return {
      ...made(source, creation),
      family: familyOf(parts, `${family}@${request.location}`),
      fill(id) {
        volumes.copy(source.id, id);
        beginCopy(parts, id, source.id, speed);
      },
    };
  };

  const upload = ({ asked, location, incremental }: SnapshotRequest): Beginning => {
    if (incremental) throw notHere('uploads into incremental snapshots');
    const { creationData, fill } = diskSource(parts, { asked, sku: 'Standard_LRS', location });
    return {
      creationData,
      inherited: {},
      async fill(id) {
        await fill(id);
        parts.uploads.set(id.toLowerCase(), 'ready');
      },
    };
  };

  const begin = (request: SnapshotRequest): Beginning => {
    const creation = object(request.asked, 'creationData');
    const option = text(creation, 'createOption');
    if (option === undefined)
      throw missingParameter(`snapshot.creationData${request.asked['creationData'] == null ? '' : '.createOption'}`);
    if (option === 'Copy') return copy(request, creation);
    if (option === 'CopyStart') return copyStart(request, creation);
    if (option === 'Upload') return upload(request);
    throw notHere(`snapshots with createOption '${option}'`);
  };

  const create = async (call: ArmCall): Promise<void> => {
    const body = bodyOf(call);
    const asked: Json = body.properties ?? {};
    const resource = tracked(call, undefined);
    const location = resource.location ?? '';
    const incremental = asked['incremental'] === true;
    const sku = snapshotSku(body['sku']);
    const policy = exportPolicy(parts, location, asked, {});
    const request = { name: resource.name, subscriptionId: call.path.subscriptionId, location, asked, incremental };
    const { creationData, inherited, family, fill } = begin(request);
    const encryption = encryptionOf(parts, location, asked, inherited);
    if (creationData['createOption'] === 'Upload') refusePrivateUpload(resource.name, { ...policy, encryption });
    await fill(resource.id);
    const size = volumes.size(resource.id);
    world.store.put({
      ...resource,
      sku,
      properties: {
        ...inherited,
        ...chosen(asked, OPTIONAL),
        encryption,
        ...policy,
        creationData,
        diskSizeGB: Math.ceil(size / GIB),
        diskSizeBytes: size,
        timeCreated: world.clock.iso(),
        uniqueId: world.guid(),
        incremental,
        ...(family && { incrementalSnapshotFamilyId: family }),
        provisioningState: 'Succeeded',
      },
    });
  };

  const update = (call: ArmCall, snapshot: ArmResource, replace: boolean): ArmReply => {
    const body = bodyOf(call);
    const asked: Json = body.properties ?? {};
    const had = properties(snapshot);
    const source = text(object(asked, 'creationData'), 'sourceResourceId');
    const before = text(object(had, 'creationData'), 'sourceResourceId');
    if (source !== undefined && !sameId(source, before)) throw propertyFixed('creationData.sourceResourceId');
    if ('incremental' in asked && asked['incremental'] !== had['incremental']) throw propertyFixed('incremental');
    const location = snapshot.location ?? '';
    // A PUT that names no disk access has none.
    const policy = exportPolicy(parts, location, asked, replace ? { ...had, diskAccessId: undefined } : had);
    const encryption = encryptionOf(parts, location, asked, had);
    if (had['incremental'] === true) refuseOtherEncryptionSet(snapshot, encryption);
    const { diskAccessId: _old, ...kept } = had;
    world.store.put({
      ...snapshot,
      ...(replace ? { tags: undefined, ...tracked(call, snapshot) } : body.tags && { tags: body.tags }),
      ...(body['sku'] ? { sku: snapshotSku(body['sku']) } : {}),
      properties: { ...kept, ...chosen(asked, OPTIONAL), encryption, ...policy },
    });
    return accepted();
  };

  return {
    type: SNAPSHOT,
    async put(call) {
      checkName('snapshot', call.path.name);
      await parts.inOrder(call.path.id, async () => {
        const existing = world.store.get(call.path.id);
        if (existing) update(call, existing, true);
        else await create(call);
      });
      return accepted();
    },
    patch: (call, existing) => update(call, existing, false),
    delete(_call, snapshot) {
      refuseActiveSas(parts, snapshot);
      dropDisk(parts, snapshot);
      return accepted();
    },
    view(snapshot) {
      const shown = withDiskState(parts, snapshot);
      return { ...shown, properties: { ...shown.properties, ...copyFields(parts, snapshot) } };
    },
    actions: accessActions(parts, {
      refuse(snapshot, access) {
        const state = diskState(parts, snapshot);
        const uploading = state === 'ReadyToUpload' || state === 'ActiveUpload';
        if (uploading !== (access === 'Write')) {
          throw notAllowed(
            uploading
              ? `Snapshot ${snapshot.name} is in state ${state}: it has nothing to read.`
              : `Snapshot ${snapshot.name} can be read only.`,
          );
        }
      },
    }),
  };
}

/** What a copy says of its source. */
function made(source: ArmResource, creation: Json): Pick<Beginning, 'creationData' | 'inherited'> {
  const from = properties(source);
  return {
    inherited: chosen(from, INHERITED),
    creationData: {
      createOption: creation['createOption'],
      sourceResourceId: source.id,
      sourceUniqueId: from['uniqueId'],
      ...chosen(creation, CREATION),
      ...chosen(object(from, 'creationData'), ['logicalSectorSize']),
    },
  };
}
