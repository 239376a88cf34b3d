import { bodyOf, setProvisioningState } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource } from '../../../arm/types.ts';
import { chosen, number, object, objects, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { diskIdOf } from './attachments.ts';
import { checkDataDisks, requireSize } from './machineChecks.ts';
import { applyStorageProfile, currentStorageProfile } from './machineDisks.ts';
import { isAllocated } from './machineView.ts';
import { settled } from './unfinished.ts';

const LUNS = 64;

/** `POST …/attachDetachDataDisks`: data disks come and go without a word about the others. Answers the storage profile. */
export async function attachDetach(parts: ComputeParts, call: ArmCall, machine: ArmResource): Promise<ArmReply> {
  const { store } = parts.world;
  const write = async () => {
    const now = store.require(machine.id);
    const before = object(now.properties, 'storageProfile');
    const storageProfile = await applyStorageProfile(
      parts,
      {
        id: now.id,
        name: now.name,
        location: now.location ?? '',
        zones: now['zones'] as string[] | undefined,
        trustedLaunch: false,
        image: undefined,
        allocated: isAllocated(parts, now),
      },
      { dataDisks: wantedDisks(now, objects(before, 'dataDisks'), bodyOf(call)) },
      before,
    );
    store.put({ ...now, properties: { ...now.properties, storageProfile, provisioningState: 'Updating' } });
  };
  await parts.inOrder(machine.id, () => settled(parts, machine.id, write));
  return accepted(async () => {
    setProvisioningState(store, machine.id, 'Succeeded');
    return currentStorageProfile(parts, object(store.require(machine.id).properties, 'storageProfile'));
  });
}

/** The data disks that a machine has after the request. @throws ArmError 409 OperationNotAllowed when they are too many */
function wantedDisks(machine: ArmResource, before: Json[], body: Json): Json[] {
  const leaving = objects(body, 'dataDisksToDetach').map((disk) => text(disk, 'diskId'));
  const disks = before.filter((disk) => !leaving.some((id) => sameId(id, diskIdOf(disk))));
  for (const asked of objects(body, 'dataDisksToAttach')) {
    const used = disks.map((disk) => number(disk, 'lun'));
    const free = Array.from({ length: LUNS }, (_, lun) => lun).find((lun) => !used.includes(lun));
    disks.push({
      ...chosen(asked, ['caching', 'deleteOption', 'writeAcceleratorEnabled']),
      lun: number(asked, 'lun') ?? free,
      createOption: 'Attach',
      managedDisk: { id: asked['diskId'] },
    });
  }
  checkDataDisks(requireSize(object(machine.properties, 'hardwareProfile')), { dataDisks: disks });
  return disks;
}
