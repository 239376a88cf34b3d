/**
 * The Pulumi program: one appliance with its own site and one repository. Nothing here asks Azure anything while it is
 * evaluated; every name comes from the site layout (model/site.ts), which the appliance uses too.
 */
import * as pulumi from '@pulumi/pulumi';
import { applianceLayout, repositoryLayout } from '../model/site.ts';
import { Appliance } from './components/appliance.ts';
import { Repository } from './components/repository.ts';
import { Site } from './components/site.ts';
import { readConfig } from './config.ts';

const config = readConfig((key, namespace) => new pulumi.Config(namespace).get(key));
const key = {
  appliance: config.name,
  subscriptionId: config.subscriptionId,
  region: config.region,
  addressSpace: config.addressSpace,
};
const layout = applianceLayout(key);

const site = new Site('site', {
  layout,
  region: config.region,
  zones: ['blob', 'queue', 'table', 'vault', 'sites'],
  appliance: {
    outbound: { name: layout.natGateway.name, publicIp: layout.natGateway.publicIp },
    queues: [layout.mailbox],
  },
});
const repository = new Repository('repository', {
  layout: repositoryLayout(key),
  resourceGroupName: site.group.name,
  region: config.region,
  tags: layout.tags,
  redundancy: config.repositoryRedundancy,
  networks: { site: site.network },
});
const appliance = new Appliance('appliance', { config, layout, site, repository });

/** Where the API answers, once the package is deployed; and the audience of tokens for it. */
export const apiUrl = appliance.apiUrl;
export const apiAudience = `api://${config.apiClientId}`;
export const functionAppId = appliance.apiUrl.apply(() => layout.functionApp.id);
export const resourceGroupName = site.group.name;
export const repositoryUrl = repository.url;
export const keyId = appliance.keyId;
export const orchestratorClientId = appliance.orchestratorIdentity.clientId;
export const workerClientId = site.workerIdentity.clientId;
