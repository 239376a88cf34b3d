import { exportHost } from '../../../arm/providers/network/privateLink.ts';
import { bodyOf } from '../../../arm/resource.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmCall, ArmReply, ArmResource } from '../../../arm/types.ts';
import type { Access } from '../../disks/sas.ts';
import { invalidParameter, missingParameter, notAllowed, notHere, notOneOf } from '../errors.ts';
import { number, object, sameId, text } from '../fields.ts';
import { DISK, DISK_RESTORE_POINT, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { noteExports } from './exportPeaks.ts';
import { refuseExportBeforeCopy } from '../snapshots/backgroundCopies.ts';

/** 60 days. */
const LONGEST_SECONDS = 5_184_000;

export interface AccessRules {
  /** @throws ArmError when this disk or snapshot cannot be given that access now */
  refuse(resource: ArmResource, access: Access): void;
}

/** `beginGetAccess` and `endGetAccess`, the same for disks, snapshots and disk restore points. */
export function accessActions(
  parts: ComputeParts,
  rules: AccessRules,
): Record<string, (call: ArmCall, resource: ArmResource) => ArmReply> {
  return {
    begingetaccess(call, resource) {
      const { access, seconds } = wanted(call, resource);
      const inForce = parts.sas.active(resource.id);
      if (inForce && inForce.access !== access) {
        throw notAllowed(`Disk ${resource.name} has an active SAS for ${inForce.access}. Call EndGetAccess first.`);
      }
      rules.refuse(resource, access);
      refuseExportBeforeCopy(parts, resource);
      if (text(resource.properties, 'networkAccessPolicy') === 'DenyAll') {
        throw notAllowed(`Access to ${resource.name} is denied: its networkAccessPolicy is DenyAll.`);
      }
      if (!inForce) refuseBeyondLimits(parts, resource);
      // While one is in force a second call gives the same one.
      const where = { host: privateHost(parts, resource), snapshot: snapshotOf(resource) };
      const grant = inForce ?? parts.sas.grant(resource.id, access, seconds, where);
      noteExports(parts.exportPeaks, activeExports(parts));
      if (parts.uploads.has(resource.id.toLowerCase())) parts.uploads.set(resource.id.toLowerCase(), 'active');
      return accepted(async () => ({ accessSAS: grant.url }));
    },
    endgetaccess(_call, resource) {
      parts.sas.revoke(resource.id);
      return accepted(async () => finishUpload(parts, resource));
    },
  };
}

/** Where a disk that may be exported privately is reached: by its disk access. */
function privateHost({ world }: ComputeParts, { properties }: ArmResource): string | undefined {
  if (text(properties, 'networkAccessPolicy') !== 'AllowPrivate') return undefined;
  const access = world.store.get(text(properties, 'diskAccessId') ?? '');
  return access && exportHost(access);
}

/** A disk restore point is a snapshot of a blob: its SAS names the moment, as blob snapshots have it (100 ns). */
function snapshotOf(resource: ArmResource): string | undefined {
  if (resource.type !== DISK_RESTORE_POINT) return undefined;
  return text(resource.properties, 'timeCreated')?.replace(/(\.\d{3})Z$/, '$10000Z');
}

/** @throws ArmError 400 InvalidParameter */
function wanted(call: ArmCall, resource: ArmResource): { access: Access; seconds: number } {
  const body = bodyOf(call);
  const access = text(body, 'access');
  const seconds = number(body, 'durationInSeconds');
  if (access === undefined) throw missingParameter('grantAccessData.access');
  if (access !== 'Read' && access !== 'Write') throw notOneOf('grantAccessData.access', access, ['Read', 'Write']);
  if (seconds === undefined || !Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_SECONDS) {
    throw invalidParameter(
      'grantAccessData.durationInSeconds',
      `The value '${seconds ?? 'null'}' of parameter 'grantAccessData.durationInSeconds' is out of range. ` +
        `Value '${seconds ?? 'null'}' must be between '1' and '${LONGEST_SECONDS}' inclusive.`,
    );
  }
  if (body['getSecureVMGuestStateSAS'] === true) {
    if (Object.keys(object(resource.properties, 'securityProfile')).length === 0) {
      throw invalidParameter(
        'grantAccessData.getSecureVMGuestStateSAS',
        'getSecureVMGuestStateSAS needs a disk with a securityProfile.',
      );
    }
    throw notHere('virtual machine guest state');
  }
  if (text(body, 'fileFormat') === 'VHDX') throw notHere('export as VHDX');
  return { access, seconds };
}

/** The family of a snapshot or disk restore point. */
function familyOf(resource: ArmResource): string | undefined {
  return text(resource.properties, 'incrementalSnapshotFamilyId') ?? text(resource.properties, 'familyId');
}

/** What counts of each disk, snapshot and disk restore point that has a SAS in force. */
function activeExports({ world, sas }: ComputeParts) {
  return [SNAPSHOT, DISK, DISK_RESTORE_POINT]
    .flatMap((type) => world.store.list({ type }))
    .filter(({ id }) => sas.active(id))
    .map((one) => ({ family: familyOf(one), diskAccessId: text(one.properties, 'diskAccessId') }));
}

/** @throws ArmError 409 OperationNotAllowed */
function refuseBeyondLimits(parts: ComputeParts, resource: ArmResource): void {
  const { activeSasPerFamily, activeSasPerDiskAccess } = parts.limits;
  const active = activeExports(parts);
  const family = familyOf(resource);
  if (family && active.filter((one) => one.family === family).length >= activeSasPerFamily) {
    throw notAllowed(
      `The maximum number (${activeSasPerFamily}) of incremental snapshots of one family with active SAS is reached (${resource.name}).`,
    );
  }
  const diskAccess = text(resource.properties, 'diskAccessId');
  const sameAccess = active.filter((one) => diskAccess && sameId(one.diskAccessId, diskAccess));
  if (diskAccess && sameAccess.length >= activeSasPerDiskAccess) {
    throw notAllowed(
      `The maximum number (${activeSasPerDiskAccess}) of concurrent imports and exports through disk access ${diskAccess} is reached.`,
    );
  }
}

/** Ends an upload: without a sound footer the disk takes its data again. @throws ArmError 400 InvalidVhd */
function finishUpload(parts: ComputeParts, resource: ArmResource): undefined {
  const key = resource.id.toLowerCase();
  if (parts.uploads.get(key) !== 'active') return undefined;
  const problem = footerProblem(parts, resource);
  if (problem !== undefined) {
    parts.uploads.set(key, 'ready');
    throw new ArmError(400, 'InvalidVhd', problem);
  }
  parts.uploads.delete(key);
  parts.blobs.forget(resource.id);
  return undefined;
}

/** What is wrong with the footer that was uploaded. */
function footerProblem({ blobs, volumes }: ComputeParts, { id, name }: ArmResource): string | undefined {
  const verdict = blobs.uploadedFooter(id);
  const size = volumes.size(id);
  switch (verdict.kind) {
    case 'no-cookie':
      return (
        `The specified cookie value in VHD footer indicates that disk '${name}' is not a supported VHD. ` +
        "Disk is expected to have cookie value 'conectix'."
      );
    case 'damaged':
      return `The VHD footer of disk '${name}' is damaged: ${verdict.why}.`;
    case 'not-fixed':
      return `Disk '${name}' is not a fixed VHD.`;
    case 'fixed':
      if (verdict.size === size) return undefined;
      return `The VHD footer of disk '${name}' speaks of ${verdict.size} bytes, the disk has ${size}.`;
  }
}
