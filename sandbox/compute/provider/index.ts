import { computeVersions } from './apiVersions.ts';
import { withLinks } from '../../arm/access/links.ts';
import { shaped } from '../../arm/shape.ts';
import type { ArmCall, ArmReply, Provider } from '../../arm/types.ts';
import { imageCatalogue } from './catalogue/images.ts';
import { listedSize, SIZES } from './catalogue/sizes.ts';
import { skus } from './catalogue/skus.ts';
import { usages } from './catalogue/usages.ts';
import { withCanonicalValues } from './enums.ts';
import { computeLinks } from './links.ts';
import { diskAccessConnectionType, diskAccessType, privateLinkResources } from './managedDisks/diskAccesses.ts';
import { diskType } from './managedDisks/disks.ts';
import { associatedResources, diskEncryptionSetType } from './managedDisks/encryptionSets.ts';
import { DISK_ACCESS, DISK_ENCRYPTION_SET, MACHINE } from './parts.ts';
import type { ComputeParts } from './parts.ts';
import { restorePointCollectionType } from './restorePoints/collections.ts';
import { diskRestorePointType } from './restorePoints/diskRestorePoints.ts';
import { restorePointType } from './restorePoints/restorePoints.ts';
import { runCommandDocuments } from './runCommands/documents.ts';
import { runCommandType } from './runCommands/managedRunCommands.ts';
import { computeShapes } from './shapes.ts';
import { snapshotType } from './snapshots/snapshots.ts';
import { instanceView, shownMachine } from './virtualMachines/machineView.ts';
import { virtualMachineType } from './virtualMachines/virtualMachines.ts';

const IMAGES = 'microsoft.compute/locations/publishers';

const vmSizes = (): ArmReply => ({ status: 200, body: { value: SIZES.map(listedSize) } });

/** Microsoft.Compute: managed disks, snapshots, virtual machines with their run commands, restore points, catalogues. */
export function computeProvider(parts: ComputeParts): Provider {
  const { store } = parts.world;
  const parent = (call: ArmCall) => store.require(call.path.id.split('/').slice(0, -1).join('/'));
  const inLocation = (call: ArmCall) =>
    store
      .list({ type: MACHINE, under: `/subscriptions/${call.path.subscriptionId}` })
      .filter((machine) => machine.location === call.path.names[0]?.toLowerCase());

  const reads: Record<string, (call: ArmCall) => ArmReply> = {
    [`${MACHINE}/instanceview`]: (call) => ({ status: 200, body: instanceView(parts, parent(call)) }),
    [`${MACHINE}/vmsizes`]: (call) => (parent(call), vmSizes()),
    [`${DISK_ACCESS}/privatelinkresources`]: (call) => privateLinkResources(parent(call)),
    [`${DISK_ENCRYPTION_SET}/associatedresources`]: (call) => associatedResources(parts, parent(call)),
    'Microsoft.Compute/locations/usages': (call) => usages(parts, call, call.path.names[0]?.toLowerCase() ?? ''),
    'Microsoft.Compute/locations/vmsizes': () => vmSizes(),
    'Microsoft.Compute/locations/runcommands': (call) => runCommandDocuments(call),
    'Microsoft.Compute/locations/virtualmachines': (call) => ({
      status: 200,
      body: { value: inLocation(call).map((machine) => shownMachine(parts, machine, call)) },
    }),
    'Microsoft.Compute/skus': (call) => skus(parts, call),
  };
  const byType = new Map(Object.entries(reads).map(([type, read]) => [type.toLowerCase(), read]));

  return withCanonicalValues({
    namespace: 'Microsoft.Compute',
    apiVersions: computeVersions,
    types: withLinks(
      shaped(
        [
          diskType(parts),
          snapshotType(parts),
          diskAccessType(parts),
          diskAccessConnectionType(parts),
          diskEncryptionSetType(parts),
          virtualMachineType(parts),
          runCommandType(parts),
          restorePointCollectionType(parts),
          restorePointType(parts),
          diskRestorePointType(parts),
        ],
        computeShapes,
      ),
      computeLinks,
    ),
    other(call) {
      const type = call.path.type.toLowerCase();
      if (call.method !== 'GET') return undefined;
      return type.startsWith(IMAGES) ? imageCatalogue(call) : byType.get(type)?.(call);
    },
  });
}
