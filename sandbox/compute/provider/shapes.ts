import { REFERENCE } from '../../arm/shape.ts';
import type { Shape } from '../../arm/types.ts';
import {
  DISK,
  DISK_ENCRYPTION_SET,
  MACHINE,
  RESTORE_POINT,
  RESTORE_POINT_COLLECTION,
  RUN_COMMAND,
  SNAPSHOT,
} from './parts.ts';

const creationData: Shape = { createOption: 'string', sourceResourceId: 'string', storageAccountId: 'string' };
const size: Shape = { diskSizeGB: 'number' };

const machine: Shape = {
  hardwareProfile: { vmSize: 'string' },
  storageProfile: {
    imageReference: { id: 'string', publisher: 'string', offer: 'string', sku: 'string', version: 'string' },
    osDisk: { name: 'string', createOption: 'string', managedDisk: REFERENCE, ...size },
    dataDisks: [{ lun: 'number', name: 'string', createOption: 'string', managedDisk: REFERENCE, ...size }],
  },
  osProfile: {
    computerName: 'string',
    adminUsername: 'string',
    linuxConfiguration: {
      disablePasswordAuthentication: 'boolean',
      ssh: { publicKeys: [{ path: 'string', keyData: 'string' }] },
    },
  },
  networkProfile: {
    networkApiVersion: 'string',
    networkInterfaces: [REFERENCE],
    networkInterfaceConfigurations: [
      {
        name: 'string',
        properties: {
          primary: 'boolean',
          deleteOption: 'string',
          ipConfigurations: [{ name: 'string', properties: { primary: 'boolean', subnet: REFERENCE } }],
        },
      },
    ],
  },
};

/** What is read of the bodies of Microsoft.Compute. */
export const computeShapes: Record<string, Shape> = {
  [DISK]: { properties: { creationData, ...size } },
  [SNAPSHOT]: { properties: { creationData, incremental: 'boolean' } },
  [DISK_ENCRYPTION_SET]: { properties: { activeKey: { keyUrl: 'string' }, encryptionType: 'string' } },
  [MACHINE]: { properties: machine },
  [RUN_COMMAND]: {
    properties: {
      source: { script: 'string', scriptUri: 'string' },
      timeoutInSeconds: 'number',
      asyncExecution: 'boolean',
    },
  },
  [RESTORE_POINT_COLLECTION]: { properties: { source: REFERENCE } },
  [RESTORE_POINT]: { properties: { excludeDisks: [REFERENCE], consistencyMode: 'string' } },
};
