/**
 * The Pulumi program: the appliance, every site it serves and its repositories. Nothing here asks Azure anything while it is
 * evaluated; what a site consists of comes from model/site/, which the appliance uses too.
 */
import * as pulumi from '@pulumi/pulumi';
import { Provider } from '@pulumi/azure-native/provider.js';
import { ResourceGroup } from '@pulumi/azure-native/resources/resourceGroup.js';
import { isHome, siteAt, sitesOf } from '../model/site/environment.ts';
import { homeLayout, repositoryLayout, siteKey, siteLayout } from '../model/site/layout.ts';
import { siteNetwork, siteTags } from '../model/site/network.ts';
import { declaredPieces } from '../model/site/pieces.ts';
import { Access } from './components/access.ts';
import { Appliance } from './components/appliance.ts';
import { Endpoints } from './components/endpoints.ts';
import { FunctionApp } from './components/functionApp.ts';
import { Repository } from './components/repository.ts';
import { Site } from './components/site.ts';
import { SqlStaging } from './components/sqlStaging.ts';
import { readConfig } from './config.ts';
import { grantsOf } from './grants.ts';
import { Made } from './made.ts';
import { partsOf } from './parts.ts';
import { repositoriesTags, repositoryTags } from './repositories.ts';
import { appSettings } from './settings.ts';
import { summaryOf } from './summary.ts';

const config = readConfig(pulumi.runtime.allConfig());
const { environment, tenantId } = config;
const { home } = environment;
const layout = homeLayout(environment);
const homeSite = siteAt(environment, home);
const tags = siteTags(environment, homeSite);
const made = new Made();

const providers = new Map<string, Provider>();
/** What is in another subscription than the appliance goes by a provider of its own. */
function inSubscription(subscriptionId: string): pulumi.ComponentResourceOptions {
  const id = subscriptionId.toLowerCase();
  if (id === home.subscriptionId.toLowerCase()) return {};
  const provider = providers.get(id) ?? new Provider(`subscription-${id}`, { subscriptionId });
  providers.set(id, provider);
  return { provider };
}

const sites = sitesOf(environment).map((place) => {
  const elsewhere =
    place.subscriptionId.toLowerCase() === home.subscriptionId.toLowerCase() ? '' : `-${place.subscriptionId}`;
  const prefix = isHome(environment, place) ? 'site' : `site-${place.region}${elsewhere}`;
  const parts = partsOf(declaredPieces(environment, place));
  const options = inSubscription(place.subscriptionId);
  return { place, prefix, parts, site: new Site(prefix, { place, prefix, pieces: parts.own, made }, options) };
});

const appliance = new Appliance('appliance', { layout, region: home.region, tags, tenantId, made });
const { of: identities } = appliance.identities;

const { repositoriesGroup } = layout;
made.note(
  repositoriesGroup.id,
  'repositories',
  new ResourceGroup(
    'repositories',
    { resourceGroupName: repositoriesGroup.name, location: home.region, tags: repositoriesTags(environment) },
    { protect: true },
  ),
);
for (const repository of environment.repositories) {
  new Repository(`repository-${repository.name}`, {
    repository,
    layout: repositoryLayout(siteKey(environment, home), repository),
    resourceGroupName: repositoriesGroup.name,
    tags: repositoryTags(environment, repository),
    made,
  });
}

for (const { place, prefix, site } of sites) {
  if (!place.sqlStaging) continue;
  const { sqlServer, resourceGroup } = siteLayout(siteKey(environment, place));
  const administrator = { name: layout.workerIdentity.name, clientId: identities.worker.clientId };
  const args = { server: sqlServer, resourceGroup, region: place.region, tags: siteTags(environment, place) };
  new SqlStaging(`${prefix}-sql`, { ...args, tenantId, administrator, made }, { parent: site });
}

const isApi = (key: string) => key.endsWith(`-${layout.functionApp.name}-sites`);
for (const { prefix, parts, site } of sites) {
  const pieces = parts.outward.filter(({ key }) => !isApi(key));
  if (pieces.length > 0) new Endpoints(`${prefix}-endpoints`, { prefix, pieces, made }, { parent: site });
}

const access = new Access(
  'access',
  {
    appliance: environment.appliance,
    homeSubscriptionId: home.subscriptionId,
    grants: grantsOf(environment, config.grantOnExisting),
    principals: {
      orchestrator: identities.orchestrator.principalId,
      worker: identities.worker.principalId,
      pruner: identities.pruner.principalId,
    },
    made,
  },
  { parent: appliance },
);

const { prefix, parts, site } = sites[0]!;
const network = [...parts.own, ...parts.outward].filter(({ key }) => !isApi(key)).map(({ id }) => id);
const functions = new FunctionApp(
  'functions',
  {
    layout,
    region: home.region,
    tags,
    identityId: layout.orchestratorIdentity.id,
    subnetId: siteNetwork(environment, homeSite).subnets.functions!,
    settings: pulumi
      .all([identities.orchestrator.clientId, identities.worker.clientId, appliance.insightsConnectionString])
      .apply(([orchestratorClientId, workerClientId, insightsConnectionString]) =>
        appSettings(config, layout, { orchestratorClientId, workerClientId, insightsConnectionString }),
      ),
    allowedAddresses: config.apiAllowedAddresses,
    auth: { tenantId, clientId: config.apiClientId },
  },
  // The host reads its account as soon as it starts: its rights and its way there come first.
  { parent: appliance, dependsOn: [access, ...made.at(network)] },
);
made.note(layout.functionApp.id, 'functions-app', functions.app);
new Endpoints(
  `${prefix}-api`,
  { prefix, pieces: parts.outward.filter(({ key }) => isApi(key)), made },
  { parent: site },
);

/** Where the API answers, once the package is deployed; and the audience of tokens for it. */
export const apiUrl = layout.functionApp.url;
export const apiAudience = `api://${config.apiClientId}`;
export const functionAppId = layout.functionApp.id;
export const keyId = layout.keys.repository.url;
/** Client and principal ids of those who act. */
export const identityIds = Object.fromEntries(
  Object.entries(identities).map(([name, { clientId, principalId }]) => [name, { clientId, principalId }]),
);
/** By role, then by subscription. */
export const roleDefinitionIds = access.roleDefinitionIds;
/** Container URLs by name. */
export const repositoryUrls = Object.fromEntries(
  environment.repositories.map((repository) => [
    repository.name,
    repositoryLayout(siteKey(environment, home), repository).url,
  ]),
);
/** What is where, site by site. */
export const siteSummaries = sitesOf(environment).map((place) => summaryOf(environment, place));
