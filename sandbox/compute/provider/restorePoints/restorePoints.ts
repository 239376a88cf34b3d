import { bodyOf, proxy, setProvisioningState } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { nameRule, notAllowed, notHere, referenceNotFound } from '../errors.ts';
import { chosen, number, object, objects, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { encryptionOf } from '../managedDisks/encryption.ts';
import { MACHINE, RESTORE_POINT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { currentStorageProfile } from '../virtualMachines/machineDisks.ts';
import { diskIdOf } from '../virtualMachines/attachments.ts';
import { expands } from '../virtualMachines/machineView.ts';
import {
  createDiskRestorePoint,
  diskPointCopy,
  diskPointsOf,
  dropRestorePoint,
  refuseExported,
} from './diskRestorePoints.ts';
import { asksForCrash, countRestorePoint, includedDisks } from './restorePointRules.ts';

/** Restore points: a machine's configuration and what was on its disks at one moment. */
export function restorePointType(parts: ComputeParts): ResourceType {
  const { store, clock, state } = parts.world;

  /** The machine of the collection. @throws ArmError 404 */
  const machineOf = (call: ArmCall): ArmResource => {
    const collection = store.require(call.path.id.split('/').slice(0, -2).join('/'));
    const id = text(object(collection.properties, 'source'), 'id') ?? '';
    const machine = store.get(id);
    if (machine?.type !== MACHINE) throw referenceNotFound(id);
    return machine;
  };

  const create = (call: ArmCall): void => {
    const asked: Json = bodyOf(call).properties ?? {};
    if (asked['sourceRestorePoint'] != null) throw notHere('restore points copied from other regions');
    const machine = machineOf(call);
    const crash = asksForCrash(asked);
    const included = includedDisks(parts, machine, asked, crash);
    const encryptions = included.map(({ entry }) =>
      encryptionOf(parts, machine.location ?? '', encryptionAsked(asked, number(entry, 'lun')), {}),
    );
    countRestorePoint(parts, machine, crash);
    // Nothing is awaited between the disks: they show one moment.
    const points = included.map(({ disk }, i) => createDiskRestorePoint(parts, call.path.id, disk, encryptions[i]!));
    const pointOf = new Map(included.map(({ disk }, i): [string, string] => [disk.id.toLowerCase(), points[i]!.id]));
    const osType = text(object(object(machine.properties, 'storageProfile'), 'osDisk'), 'osType');
    store.put({
      ...proxy(call),
      properties: {
        ...chosen(asked, ['excludeDisks', 'instantAccessDurationMinutes']),
        sourceMetadata: metadata(parts, machine, pointOf),
        // Of Linux machines the agent freezes file systems.
        consistencyMode: crash
          ? 'CrashConsistent'
          : osType === 'Windows'
            ? 'ApplicationConsistent'
            : 'FileSystemConsistent',
        timeCreated: clock.iso(),
        provisioningState: 'Creating',
      },
    });
  };

  return {
    type: RESTORE_POINT,
    nameRule: nameRule('restorePoint'),
    put(call, existing): ArmReply {
      if (existing) throw notAllowed(`Restore point ${existing.name} exists already: restore points are not updated.`);
      state.transaction(() => create(call));
      const work = async () => {
        setProvisioningState(store, call.path.id, 'Succeeded');
        return undefined;
      };
      return { status: 201, longRunning: { style: 'both', work } };
    },
    delete(_call, existing) {
      refuseExported(parts, existing);
      return accepted(async () => dropRestorePoint(parts, existing));
    },
    view(point, call) {
      if (!expands(call, 'instanceView')) return point;
      return { ...point, properties: { ...point.properties, instanceView: instanceView(parts, point) } };
    },
  };
}

/** What a request says of the encryption of one disk's restore point; `lun` undefined: the OS disk's. */
function encryptionAsked(asked: Json, lun: number | undefined): Json {
  const storage = object(object(asked, 'sourceMetadata'), 'storageProfile');
  const entry =
    lun === undefined
      ? object(storage, 'osDisk')
      : objects(storage, 'dataDisks').find((disk) => number(disk, 'lun') === lun);
  const { diskEncryptionSet, ...encryption } = object(object(entry, 'diskRestorePoint'), 'encryption');
  const id = text(diskEncryptionSet, 'id');
  return { encryption: { ...encryption, ...(id && { diskEncryptionSetId: id }) } };
}

/** The machine as a whole, so that it can be made again. */
function metadata(parts: ComputeParts, machine: ArmResource, pointOf: Map<string, string>): Json {
  const had = properties(machine);
  const storage = currentStorageProfile(parts, object(had, 'storageProfile'));
  const osDisk = object(storage, 'osDisk');
  const disk = parts.world.store.get(diskIdOf(osDisk) ?? '');
  const shown = (entry: Json) => {
    const point = pointOf.get((diskIdOf(entry) ?? '').toLowerCase());
    return {
      ...chosen(entry, ['lun', 'osType', 'name', 'caching', 'diskSizeGB', 'managedDisk', 'writeAcceleratorEnabled']),
      ...(point && { diskRestorePoint: { id: point } }),
    };
  };
  return {
    ...chosen(had, [
      'hardwareProfile',
      'osProfile',
      'diagnosticsProfile',
      'licenseType',
      'vmId',
      'securityProfile',
      'userData',
    ]),
    storageProfile: {
      osDisk: shown(osDisk),
      dataDisks: objects(storage, 'dataDisks').map(shown),
      ...chosen(storage, ['diskControllerType']),
    },
    location: machine.location,
    hyperVGeneration: text(properties(disk), 'hyperVGeneration') ?? 'V1',
  };
}

function instanceView(parts: ComputeParts, point: ArmResource): Json {
  const state = (text(point.properties, 'provisioningState') ?? 'Succeeded').toLowerCase();
  const status = (kind: string, value: string) => ({
    code: `${kind}/${value.toLowerCase()}`,
    level: value === 'Failed' ? 'Error' : 'Info',
    displayStatus: value,
  });
  return {
    diskRestorePoints: diskPointsOf(parts, point).map((disk) => {
      const { completionPercent, snapshotAccessState, replicationState } = diskPointCopy(parts, disk);
      return {
        id: disk.id,
        snapshotAccessState,
        replicationStatus: { status: status('ReplicationState', String(replicationState)), completionPercent },
      };
    }),
    statuses: [status('ProvisioningState', state)],
  };
}
