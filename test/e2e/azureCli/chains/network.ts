import { expect } from 'vitest';
import type { Chain } from '../steps.ts';

const zone = 'privatelink.blob.core.windows.net';

/** Networks, and names in them. What Debian's libraries lack (private endpoints) goes through `resource` and a template. */
export const network: Chain = {
  name: 'network',
  profile: '2020-09-01-hybrid',
  steps: [
    { az: 'group create -n net -l westeurope', json: { name: 'net' } },
    {
      az: 'network vnet create -g net -n v1 --address-prefixes 10.1.0.0/16 --subnet-name s1 --subnet-prefixes 10.1.0.0/24',
      json: { newVNet: { addressSpace: { addressPrefixes: ['10.1.0.0/16'] }, subnets: [{ name: 's1' }] } },
    },
    { az: 'network vnet create -g nowhere -n v1', error: 'ResourceGroupNotFound' },
    { az: 'network vnet create -g net -n v2 -l atlantis', error: 'LocationNotAvailableForResourceType' },
    { az: 'network vnet create -g net -n v2 --address-prefixes 10.1.0.0/99', error: '10.1.0.0/99' },
    { az: 'network vnet list -g net --query [].name', json: ['v1'] },
    { az: 'network vnet show -g net -n v1 --query provisioningState', json: 'Succeeded' },
    { az: 'network nsg create -g net -n n1 --query NewNSG.defaultSecurityRules[0].name', json: 'AllowVnetInBound' },
    {
      az: 'network nsg rule create -g net --nsg-name n1 -n ssh --priority 100 --destination-port-ranges 22 --access Allow --protocol Tcp',
      json: { name: 'ssh', priority: 100, destinationPortRange: '22' },
    },
    {
      az: 'network nsg rule create -g net --nsg-name n1 -n again --priority 100 --destination-port-ranges 23',
      error: 'SecurityRuleConflict',
    },
    { az: 'network nsg rule list -g net --nsg-name n1 --query [].name', json: ['ssh'] },
    {
      az: 'network vnet subnet create -g net --vnet-name v1 -n s2 --address-prefixes 10.1.1.0/24 --network-security-group n1',
      json: { addressPrefix: '10.1.1.0/24', provisioningState: 'Succeeded' },
    },
    {
      az: 'network vnet subnet create -g net --vnet-name v1 -n s3 --address-prefixes 10.2.0.0/24',
      error: 'NetcfgInvalidSubnet',
    },
    {
      az: 'network vnet subnet create -g net --vnet-name v1 -n s3 --address-prefixes 10.1.1.0/25',
      error: 'NetcfgSubnetRangesOverlap',
    },
    { az: 'network vnet subnet list -g net --vnet-name v1 --query [].name', json: ['s1', 's2'] },
    { az: 'network nsg delete -g net -n n1', error: 'InUseNetworkSecurityGroupCannotBeDeleted' },
    {
      az: 'network public-ip create -g net -n ip1 --sku Standard --query publicIp.ipAddress',
      json: expect.stringMatching(/^203\./),
    },
    { az: 'network public-ip list -g net --query [].name', json: ['ip1'] },
    {
      az: 'network nic create -g net -n nic1 --vnet-name v1 --subnet s1 --public-ip-address ip1 --query NewNIC.ipConfigurations[0].privateIpAddress',
      json: '10.1.0.4',
    },
    { az: 'network nic list -g net --query [].name', json: ['nic1'] },
    { az: 'network vnet subnet delete -g net --vnet-name v1 -n s1', error: 'InUseSubnetCannotBeDeleted' },
    { az: 'network vnet delete -g net -n v1', error: 'InUseSubnetCannotBeDeleted' },
    {
      az: 'resource show -g net -n nic1 --resource-type Microsoft.Network/networkInterfaces --query properties.ipConfigurations[0].properties.privateIPAddress',
      json: '10.1.0.4',
    },
    { az: 'resource delete -g net -n nic1 --resource-type Microsoft.Network/networkInterfaces' },
    { az: 'network vnet subnet delete -g net --vnet-name v1 -n s2' },
    {
      az: `resource create -g net -n nat1 --resource-type Microsoft.Network/natGateways --is-full-object -p '{"location":"westeurope","sku":{"name":"Standard"},"properties":{"publicIpAddresses":[]}}' --query properties.provisioningState`,
      json: 'Succeeded',
    },
    { az: 'resource list -g net --resource-type Microsoft.Network/natGateways --query [].name', json: ['nat1'] },
    { az: 'resource delete -g net -n nat1 --resource-type Microsoft.Network/natGateways' },
    { az: 'network nsg delete -g net -n n1' },
    {
      az: `network private-dns zone create -g net -n ${zone}`,
      json: { location: 'global', provisioningState: 'Succeeded' },
    },
    { az: 'network private-dns zone list -g net --query [].name', json: [zone] },
    {
      az: `network private-dns link vnet create -g net -z ${zone} -n l1 -v v1 -e false`,
      json: { registrationEnabled: false, virtualNetworkLinkState: 'Completed' },
    },
    { az: `network private-dns link vnet list -g net -z ${zone} --query [].name`, json: ['l1'] },
    { az: `network private-dns zone delete -g net -n ${zone} -y`, error: 'nested resources' },
    { az: `network private-dns record-set a create -g net -z ${zone} -n host --query ttl`, json: 3600 },
    {
      az: `network private-dns record-set a add-record -g net -z ${zone} -n host -a 10.1.0.9`,
      json: { fqdn: `host.${zone}.`, aRecords: [{ ipv4Address: '10.1.0.9' }] },
    },
    { az: `network private-dns record-set a list -g net -z ${zone} --query [].name`, json: ['host'] },
    { az: 'storage account create -g net -n clitarget --sku Standard_LRS --query name', json: 'clitarget' },
    {
      az: `deployment group create -g net -n endpoint --template-file {templates}/privateEndpoint.json --parameters account=clitarget zone=${zone} --query properties.[provisioningState,outputs.address.value]`,
      json: ['Succeeded', '10.1.0.4'],
    },
    {
      az: `deployment operation group list -g net -n endpoint --query [].properties.targetResource.resourceName`,
      json: expect.arrayContaining(['to-account', 'to-account/default']),
    },
    {
      az: 'resource list -g net --resource-type Microsoft.Network/privateEndpoints --query [].name',
      json: ['to-account'],
    },
    {
      az: `network private-dns record-set a show -g net -z ${zone} -n clitarget --query aRecords[].ipv4Address`,
      json: ['10.1.0.4'],
    },
    {
      az: 'storage account show -g net -n clitarget --query privateEndpointConnections[].privateLinkServiceConnectionState.status',
      json: ['Approved'],
    },
    {
      az: 'deployment group validate -g net --template-file {templates}/privateEndpoint.json --parameters account=gone',
      error: 'zone',
    },
    {
      az: `deployment group create -g net -n bad --template-file {templates}/privateEndpoint.json --parameters account=gone zone=${zone}`,
      error: 'DeploymentFailed',
    },
    { az: 'resource delete -g net -n to-account --resource-type Microsoft.Network/privateEndpoints' },
    { az: `network private-dns record-set a show -g net -z ${zone} -n clitarget`, error: 'was not found' },
    { az: 'group delete -n net -y' },
    { az: 'group show -n net', error: "(ResourceGroupNotFound) Resource group 'net' could not be found." },
  ],
};
