import { expect } from 'vitest';
import type { Chain } from '../steps.ts';

const sas = { accessSas: expect.stringMatching(/^https:\/\/md-[^?]+\.blob\.storage\.azure\.net\/.+&sig=/) as string };
const active = 'There is an active shared access signature outstanding';

/** Disks, their snapshots and exports, and disk accesses. */
export const disks: Chain = {
  name: 'disks',
  profile: 'latest',
  steps: [
    { az: 'group create -n disks -l westeurope', json: { name: 'disks' } },
    {
      az: 'disk create -g disks -n d1 --size-gb 4 --sku Standard_LRS --tags team=red',
      json: {
        name: 'd1',
        diskSizeGb: 4,
        diskState: 'Unattached',
        sku: { name: 'Standard_LRS' },
        tags: { team: 'red' },
      },
    },
    {
      az: 'disk create -g nowhere -n d1 --size-gb 4',
      error: "(ResourceGroupNotFound) Resource group 'nowhere' could not be found.",
    },
    {
      az: 'disk create -g disks -n d9 --size-gb 4 -l atlantis',
      error: "The provided location 'atlantis' is not available",
    },
    {
      az: 'disk create -g disks -n d9 --size-gb 40000',
      error: "The value '40000' of parameter 'disk.diskSizeGB' is out of range",
    },
    { az: 'disk create -g disks -n up/down --size-gb 4', error: /Invalid|up\/down/ },
    { az: 'disk create -g disks -n d2 --source d1 --query creationData.createOption', json: 'Copy' },
    {
      az: 'disk create -g disks -n d3 --for-upload --upload-size-bytes 20972032 --sku Standard_LRS --query diskState',
      json: 'ReadyToUpload',
    },
    { az: 'disk grant-access -g disks -n d3 --access-level Write --duration-in-seconds 3600', json: sas },
    { az: 'disk show -g disks -n d3 --query diskState', json: 'ActiveUpload' },
    { az: 'disk revoke-access -g disks -n d3', error: '(InvalidVhd)' },
    { az: 'disk list -g disks -o table', text: /^d2 +disks +westeurope +\S+ +4 +Succeeded/m },
    { az: 'disk update -g disks -n d1 --size-gb 8 --query diskSizeGb', json: 8 },
    { az: 'disk update -g disks -n d1 --size-gb 2', error: "Managed disk 'd1' cannot be reduced from 8 GB to 2 GB" },
    { az: 'disk grant-access -g disks -n d1 --duration-in-seconds 3600', json: sas },
    { az: 'disk delete -g disks -n d1 -y', error: active },
    { az: 'disk revoke-access -g disks -n d1' },
    { az: 'disk show -g disks -n other', error: /^ERROR: \(ResourceNotFound\)/ },
    {
      az: 'snapshot create -g disks -n s1 --source d1 --incremental true',
      json: { incremental: true, completionPercent: 100, diskSizeGb: 8, creationData: { createOption: 'Copy' } },
    },
    {
      az: 'snapshot create -g disks -n s2 --source d1 --incremental true --query provisioningState',
      json: 'Succeeded',
    },
    { az: 'snapshot list -g disks --query [].name', json: ['s1', 's2'] },
    { az: 'snapshot show -g disks -n s1 --query networkAccessPolicy', json: 'AllowAll' },
    { az: 'snapshot update -g disks -n s1 --set tags.kept=yes --query tags', json: { kept: 'yes' } },
    { az: 'snapshot grant-access -g disks -n s1 --duration-in-seconds 3600', json: sas },
    { az: 'snapshot delete -g disks -n s1', error: active },
    { az: 'snapshot revoke-access -g disks -n s1' },
    { az: 'snapshot delete -g disks -n s1' },
    { az: 'snapshot show -g disks -n s1', error: 'ResourceNotFound' },
    { az: 'snapshot create -g disks -n s3 --source gone', error: 'usage error: --source' },
    { az: 'disk-access create -g disks -n da1 --query [name,provisioningState]', json: ['da1', 'Succeeded'] },
    { az: 'disk-access list -g disks --query [].name', json: ['da1'] },
    { az: 'disk-access show -g disks -n da1 --query location', json: 'westeurope' },
    { az: 'disk-access update -g disks -n da1 --tags team=red --query tags', json: { team: 'red' } },
    {
      az: 'disk update -g disks -n d1 --network-access-policy AllowPrivate --disk-access da1 --query networkAccessPolicy',
      json: 'AllowPrivate',
    },
    { az: 'disk-access delete -g disks -n da1', error: 'is still used by' },
    {
      az: 'disk update -g disks -n d1 --network-access-policy DenyAll --remove diskAccessId --query networkAccessPolicy',
      json: 'DenyAll',
    },
    { az: 'disk grant-access -g disks -n d1 --duration-in-seconds 60', error: 'd1' },
    { az: 'disk-access delete -g disks -n da1' },
    { az: 'disk-access show -g disks -n da1', error: 'ResourceNotFound' },
    { az: 'disk delete -g disks -n d2 -y' },
    { az: 'disk list -g disks --query [].name', json: ['d1', 'd3'] },
  ],
};
