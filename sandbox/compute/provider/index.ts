import type { ArmCall, ArmReply, Provider } from '../../arm/types.ts';
import { skus, usages, vmSizes } from './catalogue/catalogue.ts';
import { diskAccessConnectionType, diskAccessType, privateLinkResources } from './managedDisks/diskAccesses.ts';
import { diskType } from './managedDisks/disks.ts';
import { instanceView } from './virtualMachines/machineView.ts';
import { DISK_ACCESS, MACHINE } from './parts.ts';
import type { ComputeParts } from './parts.ts';
import { runCommandType } from './runCommands/managedRunCommands.ts';
import { snapshotType } from './snapshots/snapshots.ts';
import { virtualMachineType } from './virtualMachines/virtualMachines.ts';

/** Microsoft.Compute: disks, snapshots, disk accesses, virtual machines and their run commands. */
export function computeProvider(parts: ComputeParts): Provider {
  const { store } = parts.world;
  const parent = (call: ArmCall) => store.require(call.path.id.split('/').slice(0, -1).join('/'));

  const reads: Record<string, (call: ArmCall) => ArmReply> = {
    [`${MACHINE}/instanceview`]: (call) => ({ status: 200, body: instanceView(parts, parent(call)) }),
    [`${MACHINE}/vmsizes`]: (call) => (parent(call), vmSizes()),
    [`${DISK_ACCESS}/privatelinkresources`]: (call) => privateLinkResources(parent(call)),
    'Microsoft.Compute/locations/usages': (call) => usages(parts, call, call.path.names[0] ?? ''),
    'Microsoft.Compute/locations/vmsizes': () => vmSizes(),
    'Microsoft.Compute/locations/virtualmachines': (call) => ({
      status: 200,
      body: {
        value: store
          .list({ type: MACHINE, under: `/subscriptions/${call.path.subscriptionId}` })
          .filter((machine) => machine.location === call.path.names[0]?.toLowerCase()),
      },
    }),
    'Microsoft.Compute/skus': (call) => skus(parts, call),
  };
  const byType = new Map(Object.entries(reads).map(([type, read]) => [type.toLowerCase(), read]));

  return {
    namespace: 'Microsoft.Compute',
    types: [
      diskType(parts),
      snapshotType(parts),
      diskAccessType(parts),
      diskAccessConnectionType(parts),
      virtualMachineType(parts),
      runCommandType(parts),
    ],
    other: (call) => (call.method === 'GET' ? byType.get(call.path.type.toLowerCase())?.(call) : undefined),
  };
}
