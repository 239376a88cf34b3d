import type { Disk } from '@azure/arm-compute';
import type { ExportPolicy } from '../model/exports.ts';
import type { DiskProperties } from '../model/point.ts';
import { parseResourceId } from '../model/resourceId.ts';
import { exportProperties } from './exportPolicy.ts';

/** A fixed VHD ends with a footer of one sector (azure-facts section 3). */
const VHD_FOOTER = 512;
/** As many as Azure lets a resource have (azure-facts section 2.1). */
const MOST_TAGS = 50;

/** A new disk for the data of one that was backed up. */
export interface UploadDiskRequest {
  id: string;
  /** Of the image; Azure is told 512 bytes more. */
  size: number;
  /** The source's. */
  properties: DiskProperties;
  /** While it is uploaded. */
  exportPolicy: ExportPolicy;
  /** Added to the source's tags. */
  tags: Record<string, string>;
}

/**
 * The request body of a disk for upload (azure-facts section 8). Behind a disk access it has the platform's key: with a
 * disk encryption set too it would take no upload (azure-facts section 4).
 */
export function uploadBody(request: UploadDiskRequest): Disk {
  const { properties, size, exportPolicy, tags } = request;
  const { location, sku, zones, osType, hyperVGeneration, securityProfile, supportedCapabilities, purchasePlan } =
    properties;
  return {
    location,
    ...(zones?.length ? { zones } : {}),
    ...(sku ? { sku: { name: sku } } : {}),
    osType,
    hyperVGeneration,
    securityProfile: securityProfile as Disk['securityProfile'],
    supportedCapabilities: supportedCapabilities as Disk['supportedCapabilities'],
    purchasePlan: purchasePlan as unknown as Disk['purchasePlan'],
    creationData: {
      createOption: 'Upload',
      uploadSizeBytes: size + VHD_FOOTER,
      // The source had 512, whatever its sku: others are refused at backup.
      ...(choosesSectors(sku) ? { logicalSectorSize: 512 } : {}),
    },
    ...(exportPolicy.diskAccessId ? {} : { encryption: properties.encryption }),
    ...exportProperties(exportPolicy),
    tags: { ...Object.fromEntries(tagsOf(properties, tags).slice(0, roomBeside(tags))), ...tags },
  };
}

/** What the disk of {@link uploadBody} lacks of its source: for people, with the way out. */
export function shortfalls({ id, properties, exportPolicy, tags }: UploadDiskRequest): string[] {
  const { name } = parseResourceId(id);
  const encryptionSet = exportPolicy.diskAccessId ? properties.encryption?.diskEncryptionSetId : undefined;
  const leftOut = tagsOf(properties, tags).slice(roomBeside(tags));
  return [
    ...(encryptionSet
      ? [
          `Disk ${name} has the platform's key: an upload through a disk access allows no other. Its source had disk ` +
            `encryption set ${encryptionSet}: set it before you attach the disk.`,
        ]
      : []),
    ...(leftOut.length
      ? [`Disk ${name} lacks a tag of its source, as Azure takes ${MOST_TAGS}: ${leftOut.map(([tag]) => tag).join()}.`]
      : []),
  ];
}

/** Whether disks of this sku may have logical sectors of 512 or of 4096 bytes. All others have 512. */
export function choosesSectors(sku: string | undefined): boolean {
  return sku === 'UltraSSD_LRS' || sku === 'PremiumV2_LRS';
}

/** The source's tags without those that ours replace. */
function tagsOf({ tags = {} }: DiskProperties, ours: Record<string, string>): [name: string, value: string][] {
  return Object.entries(tags).filter(([name]) => !(name in ours));
}

function roomBeside(ours: Record<string, string>): number {
  return MOST_TAGS - Object.keys(ours).length;
}
