import { z } from 'zod';
import { StrongroomError } from '../errors.ts';
import { addressSpaceFault, contains } from './addresses.ts';
import { extraTags } from './tags.ts';
import { documentedZones } from './zones.ts';

/** The appliance's name: the root of every name. */
export const applianceName = z
  .string()
  .regex(
    /^[a-z][a-z0-9]{2,11}$/,
    'must be 3 to 12 lower-case letters and digits, starting with a letter: storage accounts are called after it',
  );

export const regionName = z.string().regex(/^[a-z0-9]+$/, 'must be a region name such as westeurope');

const subscriptionId = z.guid('must be a subscription id such as 4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10');

export const DEFAULT_ADDRESS_SPACE = '10.64.0.0/22';

const subnetId = z
  .string()
  .regex(
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+\/subnets\/[^/]+$/i,
    'must be the ARM id of a subnet',
  );

/** Where the appliance acts: one per subscription and region. */
export const siteConfigSchema = z.strictObject({
  subscriptionId,
  region: regionName,
  /** Private CIDR block of the site's network, /16 to /24. Sites are not peered, so they may overlap. */
  addressSpace: z.string().default(DEFAULT_ADDRESS_SPACE),
  /** False: Pulumi declares only the group and the rights; the first session creates the rest. */
  declared: z.boolean().default(true),
  /** Subnets to use instead of a network of the site's own, all of one network. `functions` only in the home site. */
  subnets: z.strictObject({ workers: subnetId, endpoints: subnetId, functions: subnetId.optional() }).optional(),
  /** Names of the repositories that its workers write; all that are no archives when absent. */
  repositories: z.array(z.string()).min(1, 'must name one repository at least; leave it out for all').optional(),
  /** Whether it has a server for copies of databases that are exported. */
  sqlStaging: z.boolean().default(false),
});
export type SiteConfig = z.infer<typeof siteConfigSchema>;

export const repositoryConfigSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,15}$/, 'must be up to 16 lower-case letters, digits and -'),
    region: regionName,
    /** How the account is replicated. */
    redundancy: z.enum(['GRS', 'LRS', 'ZRS'], { error: 'must be GRS, LRS or ZRS' }).default('GRS'),
    /** Access tier of the account. */
    tier: z.enum(['Hot', 'Cool', 'Cold'], { error: 'must be Hot, Cool or Cold' }).default('Hot'),
    /** Days for which what was written can be neither changed nor removed; 0: none. */
    immutabilityDays: z.number().int().min(0).max(146_000).default(0),
    /** Takes copies of points into the Archive tier. */
    archive: z.boolean().default(false),
  })
  .refine(({ archive, redundancy }) => !archive || redundancy !== 'ZRS', {
    message: 'an archive cannot be zone-redundant: the Archive tier exists for LRS and GRS only',
    path: ['redundancy'],
  });
export type RepositoryConfig = z.infer<typeof repositoryConfigSchema>;

export const networkModes = ['private', 'public'] as const;
export const dnsModes = ['own', 'existing', 'policy'] as const;

/** How the functions subnet reaches ARM and Entra. */
export const outboundSchema = z.union(
  [
    z.strictObject({ natGateway: z.literal(true) }),
    z.strictObject({ nextHop: z.ipv4('must be the IPv4 address of a firewall such as 10.0.0.4') }),
  ],
  { error: 'must be {"natGateway": true} or {"nextHop": "10.0.0.4"} with the IPv4 address of a firewall' },
);

/**
 * Everything that decides what an appliance's environment consists of. The Pulumi program reads it from the stack's
 * configuration, the appliance from its settings; both build the same from it.
 */
export const environmentSchema = z
  .strictObject({
    appliance: applianceName,
    /** Of the appliance itself. */
    home: z.strictObject({ subscriptionId, region: regionName }),
    /** `private`: every snapshot is read through a private endpoint. `public`: without disk accesses. */
    network: z.enum(networkModes, { error: 'must be private or public' }).default('private'),
    /** `own`: zones of each site. `existing`: the customer's zones. `policy`: a policy of the customer's writes records. */
    dns: z.enum(dnsModes, { error: 'must be own, existing or policy' }).default('own'),
    /** With `dns: existing`: ARM ids of the customer's zones by zone name. */
    zoneIds: z.record(z.string(), z.string()).default({}),
    outbound: outboundSchema.default({ natGateway: true }),
    sites: z.array(siteConfigSchema),
    repositories: z.array(repositoryConfigSchema).min(1, 'must name at least one repository'),
    /** Beside the appliance's own tags, on everything. */
    tags: extraTags.default({}),
    /** How many disks a site reads at once: decides how many disk accesses it has. */
    disksInParallel: z.number().int().min(1).max(100).default(8),
    /** Azure: five disks or snapshots at once through one disk access. */
    exportsPerDiskAccess: z.number().int().min(2).max(50).default(5),
    /** Azure: a SAS on five incremental snapshots of one disk at once. A comparison needs two. */
    sasPerSnapshotFamily: z.number().int().min(2).max(50).default(5),
  })
  .superRefine((environment, context) => {
    const fault = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const places = environment.sites.map(placeKey);
    environment.sites.forEach((site, i) => {
      if (places.indexOf(placeKey(site)) !== i) {
        fault(['sites', i], `is a second site in ${site.region} of subscription ${site.subscriptionId}; keep one`);
      }
      for (const name of site.repositories ?? []) {
        const named = environment.repositories.find((repository) => repository.name === name);
        if (!named) fault(['sites', i, 'repositories'], `names "${name}", which is none of the repositories`);
        if (named?.archive) fault(['sites', i, 'repositories'], `names "${name}", an archive, which no backup goes to`);
      }
      const other = environment.sites.find(({ subnets }, j) => j < i && shareNetwork(subnets, site.subnets));
      if (other)
        fault(['sites', i, 'subnets'], `are in the network of the site in ${other.region}; a site has its own`);
      const home = isHome(environment, site);
      if (home && !site.declared)
        fault(['sites', i, 'declared'], 'must be true: the appliance itself runs in this site');
      if (site.subnets) return void checkSubnets(site, home, (message) => fault(['sites', i, 'subnets'], message));
      const space = addressSpaceFault(site.addressSpace);
      if (space) fault(['sites', i, 'addressSpace'], space);
    });
    if ('nextHop' in environment.outbound) {
      const { nextHop } = environment.outbound;
      const home = { ...environment.home, addressSpace: DEFAULT_ADDRESS_SPACE, subnets: undefined };
      const sites = places.includes(placeKey(home)) ? environment.sites : [home, ...environment.sites];
      for (const { region } of sites.filter((site) => !site.subnets && contains(site.addressSpace, nextHop))) {
        fault(['outbound', 'nextHop'], `lies in the network of the site in ${region}; give an address of the hub`);
      }
    }
    if (environment.dns === 'existing') {
      const { sqlServer, ...always } = documentedZones;
      const staging = environment.sites.some(({ sqlStaging }) => sqlStaging) ? sqlServer : [];
      const needed = [...new Set([...Object.values(always).flat(), ...staging])];
      const lacking = needed.filter((zone) => !environment.zoneIds[zone]);
      if (lacking.length > 0) fault(['zoneIds'], `lack the ARM id of ${lacking.join(', ')}`);
    }
    for (const [zone, id] of Object.entries(environment.zoneIds)) {
      if (zoneId.exec(id)?.[1]?.toLowerCase() === zone.toLowerCase()) continue;
      fault(['zoneIds', zone], `must be the ARM id of a private DNS zone of that name: …/privateDnsZones/${zone}`);
    }
    const names = environment.repositories.map(({ name }) => name);
    names.forEach((name, i) => {
      if (names.indexOf(name) !== i) fault(['repositories', i, 'name'], `"${name}" is the name of another repository`);
    });
    if (names.length > 0 && environment.repositories.every(({ archive }) => archive)) {
      fault(['repositories'], 'are all archives; one must take backups');
    }
  });

const zoneId =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/privateDnsZones\/([^/]+)$/i;

function networkOf(subnet: string): string {
  return subnet.toLowerCase().replace(/\/subnets\/.*$/, '');
}

/** A network lies in one region, as a site does. */
function shareNetwork(a: SiteConfig['subnets'], b: SiteConfig['subnets']): boolean {
  return !!a && !!b && networkOf(a.workers) === networkOf(b.workers);
}

function checkSubnets(
  { subscriptionId, subnets }: Pick<SiteConfig, 'subscriptionId' | 'subnets'>,
  home: boolean,
  fault: (message: string) => void,
): void {
  const given = Object.values(subnets ?? {}).flatMap((id) => id?.toLowerCase() ?? []);
  if (new Set(given).size !== given.length) fault('must be different subnets, one for each purpose');
  if (new Set(given.map(networkOf)).size > 1) fault('must belong to one network');
  if (!given.every((id) => id.startsWith(`/subscriptions/${subscriptionId.toLowerCase()}/`)))
    fault(`must be in the site's subscription ${subscriptionId}: a disk access and its network share one`);
  if (home && !subnets?.functions) fault('lack "functions", the subnet of the appliance in its own site');
  if (!home && subnets?.functions) fault('name "functions", which only the home site has; leave it out');
}

export type Environment = z.infer<typeof environmentSchema>;

/** A place in which the appliance acts, as messages between its parts name it. */
export interface Place {
  subscriptionId: string;
  region: string;
}

/** Tells places apart; subscription ids are compared without case. */
export function placeKey({ subscriptionId, region }: Place): string {
  return `${subscriptionId.toLowerCase()}/${region}`;
}

/**
 * All sites: the home site first, then those of the configuration, then those beside repositories whose region workers
 * run in (archives; all repositories in the public mode).
 */
export function sitesOf(environment: Environment): SiteConfig[] {
  const { home, sites, repositories, network } = environment;
  const beside = repositories
    .filter(({ archive }) => archive || network === 'public')
    .map(({ region }) => ({ subscriptionId: home.subscriptionId, region }));
  const wanted = [home, ...sites, ...beside];
  const keys = [...new Set(wanted.map(placeKey))];
  return keys.map((key) => {
    const configured = sites.find((site) => placeKey(site) === key);
    const { subscriptionId, region } = wanted.find((place) => placeKey(place) === key)!;
    return configured ?? siteConfigSchema.parse({ subscriptionId, region });
  });
}

export function isHome({ home }: Environment, place: Place): boolean {
  return placeKey(home) === placeKey(place);
}

/** @throws UNSUPPORTED when the environment has no site there */
export function siteAt(environment: Environment, place: Place): SiteConfig {
  const found = sitesOf(environment).find((site) => placeKey(site) === placeKey(place));
  if (found) return found;
  throw new StrongroomError(
    'UNSUPPORTED',
    `There is no site in ${place.region} of subscription ${place.subscriptionId}. Add it to strongroom:sites of the ` +
      'Pulumi stack and run pulumi up.',
  );
}

/** The repositories that a site's workers reach: those it writes, and, beside an archive, the archive. */
export function repositoriesOf(environment: Environment, site: SiteConfig): RepositoryConfig[] {
  const { home, repositories } = environment;
  const beside = (repository: RepositoryConfig) => placeKey({ ...home, region: repository.region }) === placeKey(site);
  const archiving = repositories.some((repository) => repository.archive && beside(repository));
  return repositories.filter((repository) =>
    repository.archive
      ? beside(repository)
      : archiving || beside(repository) || (site.repositories?.includes(repository.name) ?? true),
  );
}
