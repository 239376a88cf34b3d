import { resourceNotFound } from '../../../arm/store.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmCall, ArmReply } from '../../../arm/types.ts';
import { notHere } from '../errors.ts';
import { text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { IMAGES, IMAGE_VERSIONS } from './imageList.ts';
import type { MarketplaceImage } from './imageList.ts';

/** An image that a machine is made from, with the version that `latest` stands for. */
export type FoundImage = MarketplaceImage & { exactVersion: string };

const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();

/**
 * The image of an `imageReference`.
 * @throws ArmError 404 PlatformImageNotFound, 501 for images of one's own
 */
export function findImage(reference: Json): FoundImage {
  if (['id', 'sharedGalleryImageId', 'communityGalleryImageId'].some((name) => reference[name])) {
    throw notHere('images other than those of the marketplace');
  }
  const [publisher, offer, sku] = ['publisher', 'offer', 'sku'].map((name) => text(reference, name));
  const version = text(reference, 'version') ?? 'latest';
  const image = IMAGES.find((i) => same(publisher, i.publisher) && same(offer, i.offer) && same(sku, i.sku));
  if (!image || !(version === 'latest' || /^\d+\.\d+\.\d+$/.test(version))) {
    throw new ArmError(
      404,
      'PlatformImageNotFound',
      `The platform image '${publisher}:${offer}:${sku}:${version}' is not available. Verify that all fields in the ` +
        'storage profile are correct. For more details about storage profile information, please refer to ' +
        'https://aka.ms/storageprofile',
      { details: { target: 'imageReference' } },
    );
  }
  return { ...image, exactVersion: version === 'latest' ? IMAGE_VERSIONS.at(-1)! : version };
}

/** GET …/locations/{l}/publishers[/{p}/artifacttypes/vmimage/offers[/{o}/skus[/{s}/versions[/{v}]]]] */
export function imageCatalogue(call: ArmCall): ArmReply {
  const [location = '', publisher, kind, offer, sku, version] = call.path.names;
  if (kind !== undefined && !same(kind, 'vmimage')) throw notHere(`artifacts of type ${kind}`);
  const fits = (image: MarketplaceImage) =>
    (publisher === undefined || same(publisher, image.publisher)) &&
    (offer === undefined || same(offer, image.offer)) &&
    (sku === undefined || same(sku, image.sku));
  const found = IMAGES.filter(fits);
  if (version !== undefined) return oneVersion(call, found[0], version);
  if (publisher !== undefined && found.length === 0) throw resourceNotFound(call.path.id);
  const level = call.path.type.toLowerCase().split('/').at(-1);
  const lists: Record<string, () => string[]> = {
    publishers: () => IMAGES.map((image) => image.publisher),
    offers: () => found.map((image) => image.offer),
    skus: () => found.map((image) => image.sku),
    versions: () => listedVersions(call),
  };
  const names = lists[level ?? '']?.();
  if (!names) throw notHere(`lists of ${level ?? ''}`);
  return { status: 200, body: [...new Set(names)].map((name) => ({ id: `${call.path.id}/${name}`, name, location })) };
}

function listedVersions(call: ArmCall): string[] {
  const query = (name: string) => call.query.get(name) ?? undefined;
  const ordered = /desc/i.test(query('$orderby') ?? '') ? IMAGE_VERSIONS.toReversed() : IMAGE_VERSIONS;
  return ordered.slice(0, Number(query('$top') ?? ordered.length));
}

function oneVersion(call: ArmCall, image: MarketplaceImage | undefined, version: string): ArmReply {
  if (!image) throw resourceNotFound(call.path.id);
  const { exactVersion } = findImage({ ...image, version });
  return {
    status: 200,
    body: {
      id: call.path.id,
      name: exactVersion,
      location: call.path.names[0],
      properties: {
        architecture: 'x64',
        automaticOSUpgradeProperties: { automaticOSUpgradeSupported: false },
        dataDiskImages: [],
        disallowed: { vmDiskType: 'Unmanaged' },
        features: [
          { name: 'SecurityType', value: image.generation === 'V2' ? 'TrustedLaunchSupported' : 'None' },
          { name: 'IsAcceleratedNetworkSupported', value: 'True' },
          { name: 'DiskControllerTypes', value: 'SCSI, NVMe' },
        ],
        hyperVGeneration: image.generation,
        imageDeprecationStatus: { imageState: 'Active' },
        osDiskImage: { operatingSystem: image.os, sizeInGb: image.sizeGB },
      },
    },
  };
}
