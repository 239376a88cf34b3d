import type { ArmResource } from '../../../arm/types.ts';
import { isProvisioned, smallestTier } from '../catalogue/diskSkus.ts';
import { conflictingInput, invalidParameter, notAllowed, notOneOf, propertyFixed } from '../errors.ts';
import { number, object, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { GIB } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { failCopiesOf } from '../snapshots/backgroundCopies.ts';
import { checkSizeGB } from './diskSource.ts';
import { ownersOf, refuseActiveSas, runningOwners } from './diskState.ts';
import { encryptionSetOf } from './encryption.ts';

/** Machines that may share one disk (disks-shared, "Disk sizes"). */
function mostShares(sku: string, sizeGB: number): number {
  if (isProvisioned(sku)) return 15;
  if (sku.startsWith('Premium')) return sizeGB > 4096 ? 10 : sizeGB > 512 ? 5 : 3;
  if (sku.startsWith('StandardSSD')) return sizeGB > 4096 ? 10 : sizeGB > 2048 ? 5 : 3;
  return 1;
}

/** Rules that tie a disk's properties to its SKU and size. @throws ArmError 400 InvalidParameter */
export function checkKind(sku: string, sizeGB: number, asked: Json): void {
  const shares = number(asked, 'maxShares');
  const most = mostShares(sku, sizeGB);
  if (shares !== undefined && !(shares >= 1 && shares <= most)) {
    throw invalidParameter(
      'disk.maxShares',
      `The value '${shares}' of parameter 'disk.maxShares' is out of range. Value '${shares}' must be between '1' and '${most}' inclusive.`,
    );
  }
  const tier = text(asked, 'tier');
  const premium = sku === 'Premium_LRS' || sku === 'Premium_ZRS';
  const rank = (name: string) => Number(name.slice(1));
  if (tier !== undefined && !(premium && /^P\d+$/.test(tier) && rank(tier) >= rank(smallestTier(sizeGB)))) {
    throw invalidParameter(
      'disk.tier',
      `The value '${tier}' of parameter 'disk.tier' is invalid for a disk of ${sizeGB} GB with SKU ${sku}.`,
    );
  }
  if (asked['burstingEnabled'] === true && !(premium && sizeGB > 512)) {
    throw invalidParameter(
      'disk.burstingEnabled',
      'On-demand bursting can be enabled only on Premium SSD disks larger than 512 GB.',
    );
  }
  const sector = number(object(asked, 'creationData'), 'logicalSectorSize');
  if (sector !== undefined && ![512, 4096].includes(sector)) {
    throw notOneOf('creationData.logicalSectorSize', sector, ['512', '4096']);
  }
}

/** A disk with a disk access and a disk encryption set takes no upload (private links for disks, limitations). */
export function refusePrivateUpload(name: string, properties: Json): void {
  if (!text(properties, 'diskAccessId') || !encryptionSetOf(properties)) return;
  throw conflictingInput(
    `Disk ${name} has a disk access and a disk encryption set: data cannot be uploaded to such a disk.`,
  );
}

/**
 * The new size, when a request gives one. A disk never shrinks; an OS disk grows while its machine is deallocated; a data
 * disk also while it runs, unless it grows beyond 4 TiB (expand disks, "Expand without downtime").
 * @throws ArmError 400 InvalidParameter, 409 OperationNotAllowed
 */
export function resized(parts: ComputeParts, disk: ArmResource, sku: string, asked: Json): Json {
  const gib = number(asked, 'diskSizeGB');
  const current = number(disk.properties, 'diskSizeGB') ?? 0;
  if (gib === undefined || gib === current) return {};
  checkSizeGB(gib, sku);
  if (gib < current) {
    throw invalidParameter(
      'disk.diskSizeGB',
      `Managed disk '${disk.name}' cannot be reduced from ${current} GB to ${gib} GB.`,
    );
  }
  refuseActiveSas(parts, disk);
  const [running] = runningOwners(parts, disk);
  const crosses = current <= 4096 && gib > 4096 && !isProvisioned(sku);
  const shared = ownersOf(disk).length > 1;
  if (running && (text(disk.properties, 'osType') || crosses || shared)) {
    throw notAllowed(
      `Cannot resize disk ${disk.name} while it is attached to running VM ${running}. Resizing a disk of an Azure Virtual ` +
        'Machine requires the virtual machine to be deallocated. Please stop your VM and retry the operation.',
    );
  }
  const changed = `The disk ${disk.id} was resized before the copy was complete.`;
  failCopiesOf(parts, disk.id, 'CopySourceResized', changed);
  parts.volumes.grow(disk.id, gib * GIB);
  return { diskSizeGB: gib, diskSizeBytes: gib * GIB };
}

/** What an update of a disk may not change, at all or now. @throws ArmError 409 */
export function checkDiskUpdate(parts: ComputeParts, disk: ArmResource, sku: string, asked: Json): void {
  const wanted = object(asked, 'creationData');
  const made = object(disk.properties, 'creationData');
  for (const name of ['createOption', 'sourceResourceId'] as const) {
    if (wanted[name] != null && !sameId(text(wanted, name), text(made, name)))
      throw propertyFixed(`creationData.${name}`);
  }
  const before = text(disk['sku'], 'name') ?? '';
  const [running] = runningOwners(parts, disk);
  if (sku !== before) {
    // Neither the redundancy nor the way of provisioning changes in place (convert disks, "Restrictions").
    const changes = isProvisioned(sku) !== isProvisioned(before) || sku.split('_')[1] !== before.split('_')[1];
    if (changes) throw propertyFixed('sku.name');
    if (running) {
      throw notAllowed(
        `Cannot change the SKU of disk ${disk.name} while it is attached to running VM ${running}: deallocate the VM first.`,
      );
    }
  }
  const shares = number(asked, 'maxShares');
  if (shares !== undefined && shares !== (number(disk.properties, 'maxShares') ?? 1) && ownersOf(disk).length > 0) {
    throw notAllowed(`maxShares of disk ${disk.name} can be changed only while it is attached to no VM.`);
  }
  const encryption = object(asked, 'encryption');
  const set = text(encryption, 'diskEncryptionSetId');
  if (Object.keys(encryption).length > 0 && !sameId(set, encryptionSetOf(disk.properties)) && running) {
    throw notAllowed(
      `The encryption of disk ${disk.name} cannot be changed while it is attached to running VM ${running}.`,
    );
  }
}
