import type { Row } from '../../contract/armLifeCycle.ts';
import { JAMMY } from '../compute/machine.ts';
import { SSH_KEY } from '../compute/world.ts';
import { location } from './place.ts';

const disk = 'Microsoft.Compute/disks';
const machine = 'Microsoft.Compute/virtualMachines';
const collection = 'Microsoft.Compute/restorePointCollections';

export const computeRows: Row[] = [
  {
    type: disk,
    name: 'disk',
    body: () => ({ location, properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } }),
    required: ['properties.creationData', 'properties.creationData.createOption', 'properties.diskSizeGB'],
    update: { properties: { diskSizeGB: 8 } },
    inUse: {
      by: machine,
      body: (id) => ({
        properties: {
          storageProfile: { dataDisks: [{ lun: 0, createOption: 'Attach', managedDisk: { id: id(disk) } }] },
        },
      }),
      refused: '409 OperationNotAllowed',
    },
  },
  {
    type: 'Microsoft.Compute/snapshots',
    name: 'snapshot',
    body: (id) => ({
      location,
      properties: { incremental: true, creationData: { createOption: 'Copy', sourceResourceId: id(disk) } },
    }),
    required: [
      'properties.creationData',
      'properties.creationData.createOption',
      'properties.creationData.sourceResourceId',
    ],
    update: { properties: { publicNetworkAccess: 'Disabled' } },
  },
  {
    type: 'Microsoft.Compute/diskAccesses',
    name: 'access',
    body: () => ({ location }),
    inUse: {
      by: disk,
      body: (id) => ({
        properties: { networkAccessPolicy: 'AllowPrivate', diskAccessId: id('Microsoft.Compute/diskAccesses') },
      }),
      refused: '409 OperationNotAllowed',
    },
  },
  {
    type: 'Microsoft.Compute/diskEncryptionSets',
    name: 'keys',
    body: () => ({
      location,
      identity: { type: 'SystemAssigned' },
      properties: {
        activeKey: { keyUrl: 'https://vault.vault.azure.net/keys/disks/0123456789abcdef0123456789abcdef' },
      },
    }),
    required: ['properties.activeKey', 'properties.activeKey.keyUrl'],
    inUse: {
      by: disk,
      body: (id) => ({
        properties: {
          encryption: {
            type: 'EncryptionAtRestWithCustomerKey',
            diskEncryptionSetId: id('Microsoft.Compute/diskEncryptionSets'),
          },
        },
      }),
      refused: '409 OperationNotAllowed',
    },
  },
  {
    type: machine,
    name: 'vm',
    body: (id) => ({
      location,
      properties: {
        hardwareProfile: { vmSize: 'Standard_B1s' },
        storageProfile: { imageReference: JAMMY, osDisk: { createOption: 'FromImage', diskSizeGB: 4 } },
        osProfile: {
          computerName: 'vm',
          adminUsername: 'azureuser',
          linuxConfiguration: {
            disablePasswordAuthentication: true,
            ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: SSH_KEY }] },
          },
        },
        networkProfile: {
          networkApiVersion: '2022-11-01',
          networkInterfaceConfigurations: [
            {
              name: 'nic0',
              properties: {
                primary: true,
                deleteOption: 'Delete',
                ipConfigurations: [
                  {
                    name: 'ip0',
                    properties: { primary: true, subnet: { id: id('Microsoft.Network/virtualNetworks/subnets') } },
                  },
                ],
              },
            },
          ],
        },
      },
    }),
    required: [
      'properties.hardwareProfile',
      'properties.storageProfile',
      'properties.storageProfile.osDisk.createOption',
      'properties.osProfile',
      'properties.osProfile.adminUsername',
      'properties.networkProfile',
    ],
  },
  {
    type: `${machine}/runCommands`,
    name: 'command',
    body: () => ({ location, properties: { source: { script: 'true' } } }),
    required: ['properties.source'],
    update: { properties: { source: { script: 'echo changed' } } },
  },
  {
    type: collection,
    name: 'points',
    body: (id) => ({ location, properties: { source: { id: id(machine) } } }),
    required: ['properties.source'],
  },
  {
    type: `${collection}/restorePoints`,
    name: 'point',
    body: () => ({ properties: {} }),
    second: 'alone',
    fixed: '409 OperationNotAllowed',
  },
];
