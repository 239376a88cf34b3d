import { ArmError } from '../../../arm/types.ts';
import type { ArmResource } from '../../../arm/types.ts';
import { isProvisioned } from '../catalogue/diskSkus.ts';
import { notAllowed, notHere, notOneOf } from '../errors.ts';
import { number, object, objects, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { RESTORE_POINT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { forgetTimes } from '../snapshots/snapshotRules.ts';
import { diskIdOf } from '../virtualMachines/attachments.ts';
import { powerOf } from '../virtualMachines/machineView.ts';

const HOUR_MS = 3_600_000;
const MODES = ['CrashConsistent', 'FileSystemConsistent', 'ApplicationConsistent'];

/** A disk of a machine that a restore point takes in. `entry`: what the machine's profile says of it. */
export interface IncludedDisk {
  disk: ArmResource;
  entry: Json;
}

/** Whether a request asks for crash consistency; else the agent brings applications or file systems in order. */
export function asksForCrash(asked: Json): boolean {
  const mode = text(asked, 'consistencyMode') ?? 'ApplicationConsistent';
  const known = MODES.find((name) => sameId(name, mode));
  if (!known) throw notOneOf('consistencyMode', mode, MODES);
  return known === 'CrashConsistent';
}

/** The machine's disks without the excluded ones. @throws ArmError 400 VMRestorePointClientError, 501 */
export function includedDisks(parts: ComputeParts, machine: ArmResource, asked: Json, crash: boolean): IncludedDisk[] {
  const storage = object(machine.properties, 'storageProfile');
  const excluded = objects(asked, 'excludeDisks').map((disk) => text(disk, 'id'));
  const entries = [object(storage, 'osDisk'), ...objects(storage, 'dataDisks')].filter(
    (entry) => !excluded.some((id) => sameId(id, diskIdOf(entry))),
  );
  return entries.map((entry) => {
    const disk = parts.world.store.require(diskIdOf(entry) ?? '');
    if ((number(disk.properties, 'maxShares') ?? 1) > 1) throw unsupported('Shared disks');
    if (text(object(entry, 'diffDiskSettings'), 'option') === 'Local') throw unsupported('Ephemeral OS disks');
    if (crash && isProvisioned(text(disk['sku'], 'name'))) {
      throw unsupported('Ultra or Premium SSD v2 disks in crash consistent mode');
    }
    if (crash && entry['writeAcceleratorEnabled'] === true) {
      throw unsupported('write accelerated disks in crash consistent mode');
    }
    return { disk, entry };
  });
}

/**
 * Counts a restore point of a machine.
 * @throws ArmError 409 OperationNotAllowed, VMRestorePointClientError, VMAgentStatusCommunicationError
 */
export function countRestorePoint(parts: ComputeParts, machine: ArmResource, crash: boolean): void {
  const { world, limits, restorePointTimes } = parts;
  if (text(object(machine.properties, 'securityProfile'), 'securityType') === 'ConfidentialVM') {
    throw notHere('restore points of confidential machines');
  }
  if (!crash && powerOf(parts, machine) !== 'running') {
    throw new ArmError(
      409,
      'VMAgentStatusCommunicationError',
      `VM '${machine.name}' has not reported status for VM agent or extensions. Verify that the OS is up and healthy, the ` +
        'VM has a running VM agent, and that it can establish outbound connections to Azure storage.',
    );
  }
  const mine = world.store
    .list({ type: RESTORE_POINT })
    .filter((point) => machineOf(point) === text(machine.properties, 'vmId'));
  if (mine.some((point) => text(point.properties, 'provisioningState') === 'Creating')) {
    throw clientError(
      "RestorePoint creation failed since a concurrent 'Create RestorePoint' operation was triggered on the VM.",
    );
  }
  if (mine.length >= limits.restorePointsPerMachine) {
    throw clientError(
      'Restore Point creation failed as the maximum allowed snapshot limit of one or more disk blobs has been reached. ' +
        'Please delete some existing restore points of this VM and then retry.',
    );
  }
  const key = `${text(machine.properties, 'vmId')}/${crash ? 'crash' : 'application'}`;
  const now = world.clock.now();
  const recent = (restorePointTimes.get(key) ?? []).filter((time) => time > now - HOUR_MS);
  if (recent.length >= limits.restorePointsPerHour) {
    throw notAllowed(
      `VM '${machine.name}' has had ${recent.length} restore points of this consistency mode within an hour. ` +
        `The limit is ${limits.restorePointsPerHour}: try again later.`,
    );
  }
  forgetTimes(restorePointTimes, now - HOUR_MS);
  restorePointTimes.set(key, [...recent, now]);
}

function machineOf(point: ArmResource): string | undefined {
  return text(object(point.properties, 'sourceMetadata'), 'vmId');
}

function unsupported(what: string): ArmError {
  return clientError(
    `Creation of Restore Point of a Virtual Machine with ${what} is not supported. You may exclude this disk from the ` +
      'restore point via excludeDisks property.',
  );
}

function clientError(message: string): ArmError {
  return new ArmError(409, 'VMRestorePointClientError', message);
}
