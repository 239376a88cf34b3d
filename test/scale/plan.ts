import type { ExportLimits } from '../../model/exports.ts';
import type { Place } from '../../model/site/environment.ts';
import { scenario, type Read, type Scenario } from '../../sandbox/scenario/index.ts';

const MiB = 2 ** 20;
/** Of each disk. */
const DISK_GIB = 1;
/** Machines beside the first of a site have so many disks at most. */
const SMALL_MACHINE = 2;

/** Takes 16 data disks. */
const MACHINE_SIZE = 'Standard_D8s_v5';
const MOST_DISKS = 17;

/** How large a run is. */
export interface Size extends Pick<ExportLimits, 'disksInParallel' | 'exportsPerDiskAccess' | 'sasPerSnapshotFamily'> {
  /** Over all sites. */
  disks: number;
  /** 1 to 4. */
  sites: number;
  workersPerSite: number;
  /** Of data on each disk. */
  mib: number;
  /** What the data plane of each disk gives, MiB a second. */
  rate: number;
  /** ARM's request buckets, percent of Azure's. */
  buckets: number;
}

export const subscriptions = [
  { subscriptionId: '4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10', displayName: 'First' },
  { subscriptionId: '8d3f6a52-1f6b-4f6d-9a0b-3f5d0c7e2b11', displayName: 'Second' },
];

export interface SitePlan extends Place {
  /** False: the first session makes it. */
  declared: boolean;
}

/** Three regions, two subscriptions; the first session makes the first, the last is the appliance's own. */
const places: [region: string, subscription: 0 | 1, declared: boolean][] = [
  ['northeurope', 0, false],
  ['francecentral', 1, true],
  ['westeurope', 1, true],
  ['westeurope', 0, true],
];

export interface MachinePlan {
  id: string;
  site: SitePlan;
  /** ARM ids: the OS disk, then by lun. */
  disks: string[];
}

export interface Plan {
  sites: SitePlan[];
  machines: MachinePlan[];
  scenario: Read<Scenario>;
  /** Of the Pulumi stack. */
  config: Record<string, string>;
}

/**
 * Divides the disks among the sites. Each site's first machine alone asks for more disks at once than the site reads;
 * the rest are small ones.
 */
export function plan(size: Size): Plan {
  const sites = places.slice(0, size.sites).map(([region, subscription, declared]): SitePlan => {
    const { subscriptionId } = subscriptions[subscription]!;
    return { subscriptionId, region, declared };
  });
  const made = sites.flatMap((site, i) => {
    const share = Math.floor(size.disks / sites.length) + (i < size.disks % sites.length ? 1 : 0);
    return machinesOf(share, size.disksInParallel).map((count, n) => machineOf(site, `vm-${i + 1}-${n + 1}`, count));
  });
  const group = (site: SitePlan) => ({ name: groupName(site), subscription: site.subscriptionId });
  const disk = (name: string) => ({ name, sizeGiB: DISK_GIB, data: size.mib * MiB });
  return {
    sites,
    machines: made,
    scenario: scenario({
      resourceGroups: sites.map((site) => ({ ...group(site), location: site.region })),
      virtualMachines: made.map(({ id, site, disks }) => {
        const [osDisk, ...dataDisks] = disks.map((one) => disk(nameOf(one)));
        const { name: resourceGroup, subscription } = group(site);
        return {
          name: nameOf(id),
          resourceGroup,
          subscription,
          location: site.region,
          size: MACHINE_SIZE,
          osDisk,
          dataDisks,
        };
      }),
      settings: {
        compute: {
          activeSasPerDiskAccess: size.exportsPerDiskAccess,
          activeSasPerFamily: size.sasPerSnapshotFamily,
        },
      },
    }),
    config: {
      'strongroom:sites': JSON.stringify(sites),
      'strongroom:disksInParallel': String(size.disksInParallel),
      'strongroom:exportsPerDiskAccess': String(size.exportsPerDiskAccess),
      'strongroom:sasPerSnapshotFamily': String(size.sasPerSnapshotFamily),
      'strongroom:workersPerSite': String(size.workersPerSite),
    },
  };
}

/** How many disks each machine of a site has. */
function machinesOf(share: number, disksInParallel: number): number[] {
  const first = Math.min(share, disksInParallel + 1, MOST_DISKS);
  const small = Math.ceil((share - first) / SMALL_MACHINE);
  return [
    first,
    ...Array.from({ length: small }, (_, i) => Math.min(SMALL_MACHINE, share - first - i * SMALL_MACHINE)),
  ];
}

function machineOf(site: SitePlan, name: string, disks: number): MachinePlan {
  const compute = `/subscriptions/${site.subscriptionId}/resourceGroups/${groupName(site)}/providers/Microsoft.Compute`;
  return {
    id: `${compute}/virtualMachines/${name}`,
    site,
    disks: Array.from({ length: disks }, (_, i) => `${compute}/disks/${name}-${i === 0 ? 'os' : `data-${i}`}`),
  };
}

function groupName({ region }: SitePlan): string {
  return `shop-${region}`;
}

function nameOf(id: string): string {
  return id.split('/').at(-1)!;
}
