import { expect } from 'vitest';
import type { Chain } from '../steps.ts';

const image = 'Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2:latest';
const has = (text: string) => expect.stringContaining(text) as string;

/** Machines from creation (a deployment of a template that azure-cli writes) to deletion, with their disks. */
export const machines: Chain = {
  name: 'machines',
  profile: '2020-09-01-hybrid',
  steps: [
    { az: 'vm list', json: [] },
    { az: `vm create -g nowhere -n web --image ${image} --generate-ssh-keys`, error: 'ResourceGroupNotFound' },
    { az: 'group create -n machines -l westeurope', json: { name: 'machines', location: 'westeurope' } },
    {
      az: `vm create -g machines -n web --image ${image} --size Standard_D2s_v5 --data-disk-sizes-gb 4 --generate-ssh-keys`,
      json: {
        powerState: 'VM running',
        privateIpAddress: '10.0.0.4',
        publicIpAddress: expect.stringMatching(/^203\.0\.113\.\d+$/),
        macAddress: expect.stringMatching(/^([0-9A-F]{2}-){5}[0-9A-F]{2}$/),
      },
    },
    { az: 'vm list -g machines --query [].name', json: ['web'] },
    { az: 'vm list -d -o table', text: /^web +machines +VM running +203\.0\.113\.\d+ +westeurope/m },
    {
      az: 'vm show -g machines -n web',
      json: {
        hardwareProfile: { vmSize: 'Standard_D2s_v5' },
        osProfile: { computerName: 'web', linuxConfiguration: { disablePasswordAuthentication: true } },
        provisioningState: 'Succeeded',
        storageProfile: { imageReference: { publisher: 'Canonical' }, osDisk: { createOption: 'FromImage' } },
      },
    },
    { az: 'vm show -d -g machines -n web --query [powerState,privateIps]', json: ['VM running', '10.0.0.4'] },
    {
      az: 'vm get-instance-view -g machines -n web --query instanceView.statuses[].code',
      json: ['ProvisioningState/succeeded', 'PowerState/running'],
    },
    {
      az: 'vm list-ip-addresses -g machines -n web --query [0].virtualMachine.network.privateIpAddresses',
      json: ['10.0.0.4'],
    },
    {
      az: 'vm show -g machines -n other',
      error: "'Microsoft.Compute/virtualMachines/other' under resource group 'machines' was not found",
    },
    {
      az: `vm run-command invoke -g machines -n web --command-id RunShellScript --scripts 'echo sum $((40 + 2))' --query value[0].message`,
      json: has('[stdout]\nsum 42\n'),
    },
    { az: 'vm run-command invoke -g machines -n web --command-id Nonsense', error: 'Nonsense' },
    {
      az: `vm run-command create -g machines --vm-name web --name noted --script 'echo noted' --location westeurope`,
      json: { name: 'noted', provisioningState: 'Succeeded' },
    },
    {
      az: 'vm run-command show -g machines --vm-name web --name noted --instance-view --query instanceView.[executionState,output]',
      json: ['Succeeded', has('noted')],
    },
    { az: 'vm run-command list -g machines --vm-name web --query [].name', json: ['noted'] },
    { az: 'vm run-command delete -g machines --vm-name web --name noted -y' },
    { az: 'vm run-command show -g machines --vm-name web --name noted', error: 'ResourceNotFound' },
    { az: 'vm disk attach -g machines --vm-name web -n extra --new --size-gb 4' },
    {
      az: 'disk show -g machines -n extra --query [diskState,managedBy]',
      json: ['Attached', has('/virtualMachines/web')],
    },
    { az: 'disk delete -g machines -n extra -y', error: 'is attached to VM' },
    {
      az: 'vm show -g machines -n web --query storageProfile.dataDisks[].[lun,diskSizeGb]',
      json: [
        [0, 4],
        [1, 4],
      ],
    },
    { az: 'vm disk detach -g machines --vm-name web -n extra' },
    { az: 'disk delete -g machines -n extra -y' },
    { az: 'vm stop -g machines -n web' },
    { az: 'vm show -d -g machines -n web --query powerState', json: 'VM stopped' },
    { az: 'vm start -g machines -n web' },
    { az: 'vm restart -g machines -n web' },
    {
      az: 'vm resize -g machines -n web --size Standard_D8s_v5 --query hardwareProfile.vmSize',
      json: 'Standard_D8s_v5',
    },
    {
      az: 'vm resize -g machines -n web --size Standard_Nonsense',
      error: /\(InvalidParameter\) The value Standard_Nonsense/,
    },
    { az: 'vm deallocate -g machines -n web' },
    { az: 'vm show -d -g machines -n web --query powerState', json: 'VM deallocated' },
    {
      az: 'vm run-command invoke -g machines -n web --command-id RunShellScript --scripts true',
      error: 'Cannot modify extensions in the VM when the VM is not running.',
    },
    { az: 'vm update -g machines -n web --set tags.team=blue --query tags', json: { team: 'blue' } },
    {
      az: 'vm list-vm-resize-options -g machines -n web --query [].name',
      json: expect.arrayContaining(['Standard_D2s_v5']),
    },
    { az: 'vm list-sizes -l westeurope --query [].name', json: expect.arrayContaining(['Standard_D2s_v5']) },
    { az: `vm list-usage -l westeurope --query "[?localName=='Virtual Machines'].limit"`, json: ['25000'] },
    {
      az: `vm list-skus -l westeurope --resource-type virtualMachines --size Standard_D2s --query [].name`,
      json: expect.arrayContaining(['Standard_D2s_v5']),
    },
    {
      az: 'vm open-port -g machines -n web --port 443 --query securityRules[].destinationPortRange',
      json: expect.arrayContaining(['443']),
    },
    {
      az: `vm create -g machines -n big --image ${image} --size Standard_Nonsense --generate-ssh-keys`,
      error: 'Standard_Nonsense',
    },
    {
      az: 'vm create -g machines -n odd --image No:such:image:latest --generate-ssh-keys',
      error: 'PlatformImageNotFound',
    },
    {
      az: 'deployment group list -g machines --query [].properties.provisioningState',
      json: expect.arrayContaining(['Succeeded', 'Failed']),
    },
    {
      az: `vm create -g machines -n pair --image ${image} --size Standard_D32s_v5 --count 2 --generate-ssh-keys --query [].name`,
      json: ['pair0', 'pair1'],
    },
    {
      az: `vm create -g machines -n third --image ${image} --size Standard_D32s_v5 --generate-ssh-keys`,
      error: 'exceeding approved Total Regional Cores quota',
    },
    { az: 'vm delete -g machines -n web -y' },
    { az: 'vm show -g machines -n web', error: 'ResourceNotFound' },
    { az: 'group delete -n machines -y' },
    { az: 'group show -n machines', error: 'ResourceGroupNotFound' },
  ],
};
