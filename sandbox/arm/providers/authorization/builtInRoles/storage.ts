import { common, health, type BuiltInRole } from './role.ts';

const blob = 'Microsoft.Storage/storageAccounts/blobServices';
const queue = 'Microsoft.Storage/storageAccounts/queueServices';
const table = 'Microsoft.Storage/storageAccounts/tableServices';

export const storageRoles: BuiltInRole[] = [
  {
    id: '17d1049b-9a84-46fb-8f53-869881c3d3ab',
    roleName: 'Storage Account Contributor',
    actions: [
      ...common,
      health,
      'Microsoft.Insights/diagnosticSettings/*',
      'Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action',
      'Microsoft.Storage/storageAccounts/*',
    ],
  },
  {
    id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    roleName: 'Storage Blob Data Owner',
    actions: [`${blob}/containers/*`, `${blob}/generateUserDelegationKey/action`],
    dataActions: [`${blob}/containers/blobs/*`],
  },
  {
    id: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    roleName: 'Storage Blob Data Contributor',
    actions: [
      `${blob}/containers/delete`,
      `${blob}/containers/read`,
      `${blob}/containers/write`,
      `${blob}/generateUserDelegationKey/action`,
    ],
    dataActions: ['delete', 'read', 'write', 'move/action', 'add/action'].map((a) => `${blob}/containers/blobs/${a}`),
  },
  {
    id: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    roleName: 'Storage Blob Data Reader',
    actions: [`${blob}/containers/read`, `${blob}/generateUserDelegationKey/action`],
    dataActions: [`${blob}/containers/blobs/read`],
  },
  {
    id: 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a',
    roleName: 'Storage Blob Delegator',
    actions: [`${blob}/generateUserDelegationKey/action`],
  },
  {
    id: '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
    roleName: 'Storage Queue Data Contributor',
    actions: [`${queue}/queues/delete`, `${queue}/queues/read`, `${queue}/queues/write`],
    dataActions: ['delete', 'read', 'write', 'process/action'].map((a) => `${queue}/queues/messages/${a}`),
  },
  {
    id: '8a0f0c08-91a1-4084-bc3d-661d67233fed',
    roleName: 'Storage Queue Data Message Processor',
    dataActions: [`${queue}/queues/messages/read`, `${queue}/queues/messages/process/action`],
  },
  {
    id: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a',
    roleName: 'Storage Queue Data Message Sender',
    dataActions: [`${queue}/queues/messages/add/action`],
  },
  {
    id: '19e7f393-937e-4f77-808e-94535e297925',
    roleName: 'Storage Queue Data Reader',
    actions: [`${queue}/queues/read`],
    dataActions: [`${queue}/queues/messages/read`],
  },
  {
    id: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
    roleName: 'Storage Table Data Contributor',
    actions: [`${table}/tables/read`, `${table}/tables/write`, `${table}/tables/delete`],
    dataActions: ['read', 'write', 'delete', 'add/action', 'update/action'].map((a) => `${table}/tables/entities/${a}`),
  },
  {
    id: '76199698-9eea-4c19-bc75-cec21354c6b6',
    roleName: 'Storage Table Data Reader',
    actions: [`${table}/tables/read`],
    dataActions: [`${table}/tables/entities/read`],
  },
  {
    id: '7ee386e9-84f0-448e-80a6-f185f6533131',
    roleName: 'Storage Queue Delegator',
    actions: [`${queue}/generateUserDelegationKey/action`],
  },
];
