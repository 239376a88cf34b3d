import { assignsIdentities, joinsSubnet } from '../../arm/access/links.ts';
import type { ArmCall, LinkedAccess } from '../../arm/types.ts';
import { object, text, type Json } from './fields.ts';
import { DISK, DISK_ENCRYPTION_SET, MACHINE, NETWORK_INTERFACE, SNAPSHOT } from './parts.ts';

/** The disk that a machine's profile takes over or makes: its id, or the one that it will have. */
const diskOf = (made: string) => (value: unknown, call: ArmCall) => {
  const disk = value as Json;
  return (
    text(object(disk, 'managedDisk'), 'id') ??
    besideMachine(call, 'Microsoft.Compute/disks', text(disk, 'name') ?? made)
  );
};

const interfaceOf = (value: unknown, call: ArmCall) => {
  const name = text(value as Json, 'name');
  return name && besideMachine(call, NETWORK_INTERFACE, name);
};

/** The id of something that a machine brings with it into its group. */
function besideMachine({ path }: ArmCall, type: string, name: string): string {
  return `/subscriptions/${path.subscriptionId}/resourceGroups/${path.resourceGroup}/providers/${type}/${name}`;
}

const encryptionSet = (at: string): LinkedAccess => ({ at, action: `${DISK_ENCRYPTION_SET}/read` });

/** Seen with disks and with snapshots as the source: in both cases the action of disks (OpenShift #186, kubernetes #93020). */
const source = (at: string): LinkedAccess => ({ at, action: `${DISK}/beginGetAccess/action` });

/** Not documented. Chosen: all that can be meant, so that what is allowed here is allowed there. */
const diskAccess: LinkedAccess[] = ['read', 'write'].map((verb) => ({
  at: 'properties.diskAccessId',
  action: `Microsoft.Compute/diskAccesses/${verb}`,
}));

const diskOrSnapshot: LinkedAccess[] = [
  source('properties.creationData.sourceResourceId'),
  encryptionSet('properties.encryption.diskEncryptionSetId'),
  ...diskAccess,
];

const profile = 'properties.storageProfile';
const configurations = 'properties.networkProfile.networkInterfaceConfigurations[]';

/**
 * What bodies of Microsoft.Compute name. Disks of a machine: azure-cli #28742, and "Virtual Machine Contributor", which
 * has `disks/write` for those that a machine makes; encryption sets: azuredisk-csi-driver #2609; identities:
 * aad-pod-identity #339. Interfaces that a machine makes are written like any other: not documented, chosen.
 */
export const computeLinks: Record<string, readonly LinkedAccess[]> = {
  [MACHINE]: [
    { at: `${profile}.osDisk`, action: `${DISK}/write`, id: diskOf('osDisk') },
    { at: `${profile}.dataDisks[]`, action: `${DISK}/write`, id: diskOf('dataDisk') },
    encryptionSet(`${profile}.osDisk.managedDisk.diskEncryptionSet.id`),
    encryptionSet(`${profile}.dataDisks[].managedDisk.diskEncryptionSet.id`),
    source(`${profile}.dataDisks[].sourceResource.id`),
    { at: 'properties.networkProfile.networkInterfaces[].id', action: `${NETWORK_INTERFACE}/join/action` },
    { at: configurations, action: `${NETWORK_INTERFACE}/write`, id: interfaceOf },
    { at: configurations, action: `${NETWORK_INTERFACE}/join/action`, id: interfaceOf },
    joinsSubnet(`${configurations}.properties.ipConfigurations[].properties.subnet.id`),
    {
      at: `${configurations}.properties.networkSecurityGroup.id`,
      action: 'Microsoft.Network/networkSecurityGroups/join/action',
    },
    assignsIdentities,
  ],
  [DISK]: diskOrSnapshot,
  [SNAPSHOT]: diskOrSnapshot,
  [DISK_ENCRYPTION_SET]: [assignsIdentities],
};
