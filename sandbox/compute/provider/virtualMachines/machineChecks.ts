import { isDeepStrictEqual } from 'node:util';
import { ArmError } from '../../../arm/types.ts';
import type { ArmResource } from '../../../arm/types.ts';
import { findImage } from '../catalogue/images.ts';
import type { FoundImage } from '../catalogue/images.ts';
import { SIZES, sizeOf } from '../catalogue/sizes.ts';
import type { Size } from '../catalogue/sizes.ts';
import {
  checkZones,
  invalidParameter,
  missingParameter,
  notAllowed,
  notHere,
  notOneOf,
  propertyFixed,
  zonesFixed,
} from '../errors.ts';
import { object, objects, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';

/** Entities of compute: letters, digits, `_`, `-`, `.`; no `_` first, no `-` or `.` last. */
const NAME = /^[^_\W][\w\-.]{0,79}(?<![-.])$/;
/** What a machine would belong to. */
const GROUPINGS = [
  'availabilitySet',
  'capacityReservation',
  'host',
  'hostGroup',
  'proximityPlacementGroup',
  'virtualMachineScaleSet',
] as const;

/** @throws ArmError 400 InvalidParameter */
export function checkMachineName(name: string): void {
  if (NAME.test(name) && name.length <= 64) return;
  throw invalidParameter(
    'name',
    `The entity name '${name}' is invalid according to its validation rule: ^[^_\\W][\\w-._]{0,79}(?<![-.])$.`,
  );
}

/** The size that a machine is to have. @throws ArmError 400 InvalidParameter */
export function requireSize(hardwareProfile: unknown): Size {
  const name = text(hardwareProfile, 'vmSize');
  if (!name) throw missingParameter('hardwareProfile.vmSize');
  const size = sizeOf(name);
  if (size) return size;
  throw invalidParameter(
    'vmSize',
    `The value ${name} provided for the VM size is not valid. The valid sizes in the current region are: ` +
      `${SIZES.map((s) => s.name).join(',')}. Find out more on the valid VM sizes in each region at https://aka.ms/azure-regions.`,
  );
}

/** @throws ArmError 409 OperationNotAllowed */
export function checkDataDisks(size: Size, storageProfile: Json): void {
  const wanted = objects(storageProfile, 'dataDisks').filter((disk) => disk['toBeDetached'] !== true);
  if (wanted.length <= size.maxDataDisks) return;
  throw notAllowed(
    `The maximum number of data disks allowed to be attached to a VM of this size is ${size.maxDataDisks}.`,
  );
}

/** @throws ArmError 501 */
function refuseGroupings(asked: Json): void {
  const wanted = GROUPINGS.find((name) => asked[name] != null);
  if (wanted) throw notHere(`machines with '${wanted}'`);
}

/** What a new machine's request must get right beside its disks, interfaces and users. @throws ArmError 400 */
export function checkNewMachine(machine: ArmResource, asked: Json): FoundImage | undefined {
  checkMachineName(machine.name);
  refuseGroupings(asked);
  checkZones(machine.id, machine.location ?? '', machine['zones']);
  if (Object.keys(object(asked, 'storageProfile')).length === 0) throw missingParameter('storageProfile');
  const reference = object(object(asked, 'storageProfile'), 'imageReference');
  const image = Object.keys(reference).length > 0 ? findImage(reference) : undefined;
  const priority = text(asked, 'priority');
  if (priority !== undefined && !['Regular', 'Spot', 'Low'].includes(priority)) {
    throw notOneOf('priority', priority, ['Regular', 'Low', 'Spot']);
  }
  if (text(asked, 'evictionPolicy') !== undefined && !['Spot', 'Low'].includes(priority ?? '')) {
    throw invalidParameter('evictionPolicy', 'Eviction policy can be set only on Azure Spot Virtual Machines.');
  }
  const securityType = text(object(asked, 'securityProfile'), 'securityType');
  if (image?.generation === 'V1' && securityType === 'TrustedLaunch') {
    throw new ArmError(
      400,
      'BadRequest',
      'Use of TrustedLaunch setting is not supported for the provided image. Please select Trusted Launch Supported ' +
        'Gen2 OS Image. For more information, see https://aka.ms/TrustedLaunch-FAQ.',
    );
  }
  return image;
}

/**
 * What an update may not change.
 * @throws ArmError 400 ResourceAvailabilityZonesCannotBeModified, 409 PropertyChangeNotAllowed
 */
export function checkUpdate(existing: ArmResource, zones: unknown, asked: Json, allocated: boolean): void {
  const had = properties(existing);
  const hadZones = (existing['zones'] ?? []) as string[];
  if (zones != null && !isDeepStrictEqual(zones, hadZones)) throw zonesFixed(existing.id, hadZones);
  refuseGroupings(asked);
  const priority = asked['priority'];
  if (priority != null && priority !== (had['priority'] ?? 'Regular')) throw propertyFixed('priority');
  const image = object(object(asked, 'storageProfile'), 'imageReference');
  const hadImage = object(object(had, 'storageProfile'), 'imageReference');
  for (const name of ['publisher', 'offer', 'sku'] as const) {
    if (image[name] != null && !sameId(text(image, name), text(hadImage, name))) throw propertyFixed('imageReference');
  }
  const wanted = text(object(asked, 'securityProfile'), 'securityType');
  const is = text(object(had, 'securityProfile'), 'securityType');
  // A machine of the second generation may become a trusted one while it is deallocated, and never goes back.
  const upgrade = wanted === 'TrustedLaunch' && !allocated;
  if (wanted !== undefined && wanted !== (is ?? 'Standard') && !upgrade)
    throw propertyFixed('securityProfile.securityType');
}

/** @throws ArmError 409 OperationNotAllowed */
export function checkResize(existing: ArmResource, from: Size, to: Size): void {
  const osDisk = object(object(existing.properties, 'storageProfile'), 'osDisk');
  if (text(osDisk, 'osType') !== 'Windows' || from.tempDiskMiB > 0 === to.tempDiskMiB > 0) return;
  throw notAllowed(
    'Unable to resize the VM since changing from resource disk to non-resource disk VM size and vice-versa is not allowed. ' +
      'Please refer to https://aka.ms/AAah4sj for more details.',
  );
}
