import type { DiskAccess } from '@azure/arm-compute';
import type {
  NetworkSecurityGroup,
  PrivateDnsZoneGroup,
  PrivateEndpoint,
  PrivateLinkServiceConnection,
  VirtualNetwork,
} from '@azure/arm-network';
import type { PrivateZone, VirtualNetworkLink } from '@azure/arm-privatedns';
import type { BlobContainer, StorageAccountCreateParameters, StorageQueue } from '@azure/arm-storage';
import { StrongroomError } from '../model/errors.ts';
import { sameId } from '../model/resourceId.ts';
import { called } from '../model/site/finding.ts';
import type { Piece, PieceKind } from '../model/site/piece.ts';
import { runTimeTag } from '../model/site/tags.ts';
import { armCall, armFind, type SiteArm } from './arm.ts';

/** A piece as ARM has it. */
export interface FoundPiece {
  /** Flat, as {@link Piece.settings}. */
  resource: object;
  /** `Succeeded`, `Failed`, or what Azure is at: `Creating`, `Updating`, … */
  provisioning: string;
  tags: Record<string, string>;
}

/** What a private endpoint leads to, automatic and manual connections alike. */
export interface EndpointConnection {
  target: string;
  groups: string[];
  /** `Approved`, `Pending`, `Rejected`, `Disconnected` */
  status: string;
}

/** An address of an endpoint, and the names that lead to it. */
export interface EndpointAddress {
  address: string;
  fqdns: string[];
}

/** A record that a DNS zone group says it keeps. */
export interface GroupRecord {
  zoneId: string;
  name: string;
  addresses: string[];
}

/** Storage accounts of a group, disk accesses, … are read together: ARM counts requests. */
export interface SiteLook {
  find(piece: PieceRef): Promise<FoundPiece | undefined>;
  /** Storage accounts of a resource group; undefined when there is no such group. */
  accountsOf(groupId: string): Promise<{ id: string; tags: Record<string, string> }[] | undefined>;
  /** Of an endpoint's network interface. */
  addressesOf(endpoint: FoundPiece): Promise<EndpointAddress[]>;
  /** Addresses of the A records of a private zone, by name; none when there is no such zone. */
  recordsOf(zoneId: string): Promise<Map<string, string[]>>;
}

export type PieceRef = Pick<Piece, 'kind' | 'id'>;

/** What a site consists of, in ARM: read, and created where it is missing. Nothing that exists is altered. */
export interface SiteParts {
  /** A new look: what it has read once it does not read again. */
  look(): SiteLook;
  find(piece: PieceRef): Promise<FoundPiece | undefined>;
  /** Asks Azure to make the piece as its settings say and does not wait for the end. */
  create(piece: Piece): Promise<void>;
  connectionsOf(endpoint: FoundPiece): EndpointConnection[];
  /** What all zone groups of an endpoint say. */
  groupRecords(endpointId: string): Promise<GroupRecord[]>;
  /** Zone names by sub-resource, as ARM says them of an account or a disk access. */
  requiredZones(kind: 'storageAccount' | 'diskAccess', id: string): Promise<Record<string, string[]>>;
}

/** One operation of a kind: `names` are the resource group and the names in the id, parents first. */
interface KindOperations {
  get(names: string[]): PromiseLike<object>;
  put(names: string[], body: object): PromiseLike<unknown> & { submitted?(): Promise<void> };
}

interface Located {
  subscriptionId: string;
  names: string[];
}

/** Takes an id of any depth apart. */
function located(id: string): Located {
  const [, , subscriptionId = '', , group = '', , , ...rest] = id.split('/');
  return { subscriptionId, names: [group, ...rest.filter((_, i) => i % 2 === 1)] };
}

export function createSiteParts(arm: SiteArm): SiteParts {
  return {
    look: () => createLook(arm),

    find: (piece) => get(arm, piece),

    async create(piece) {
      const { kind, id, settings } = piece;
      const { subscriptionId, names } = located(id);
      const body =
        'tags' in settings ? { ...settings, tags: { ...(settings['tags'] as object), ...runTimeTag } } : settings;
      await armCall(`create ${called(piece)}`, () => {
        const call = operations(arm, subscriptionId, kind).put(names, body);
        return call.submitted?.() ?? call;
      });
    },

    connectionsOf({ resource }) {
      const { privateLinkServiceConnections, manualPrivateLinkServiceConnections } = resource as PrivateEndpoint;
      const all: PrivateLinkServiceConnection[] = [
        ...(privateLinkServiceConnections ?? []),
        ...(manualPrivateLinkServiceConnections ?? []),
      ];
      return all.map(({ privateLinkServiceId, groupIds, privateLinkServiceConnectionState }) => ({
        target: privateLinkServiceId ?? '',
        groups: groupIds ?? [],
        status: privateLinkServiceConnectionState?.status ?? 'Pending',
      }));
    },

    async groupRecords(endpointId) {
      const { subscriptionId, names } = located(endpointId);
      const [group = '', endpoint = ''] = names;
      const groups = await armFind(`read DNS zone groups of private endpoint ${endpoint}`, () =>
        every(arm.network(subscriptionId).privateDnsZoneGroups.list(group, endpoint)),
      );
      return (groups ?? [])
        .flatMap(({ privateDnsZoneConfigs }) => privateDnsZoneConfigs ?? [])
        .flatMap(({ privateDnsZoneId: zoneId = '', recordSets }) =>
          (recordSets ?? []).map(({ recordSetName = '', ipAddresses = [] }) => ({
            zoneId,
            name: recordSetName,
            addresses: ipAddresses,
          })),
        );
    },

    async requiredZones(kind, id) {
      const { subscriptionId, names } = located(id);
      const [group = '', name = ''] = names;
      const { value = [] } = await armCall(`read private link resources of ${name}`, async () =>
        kind === 'storageAccount'
          ? arm.storage(subscriptionId).privateLinkResources.listByStorageAccount(group, name)
          : arm.compute(subscriptionId).diskAccesses.getPrivateLinkResources(group, name),
      );
      return Object.fromEntries(
        value.flatMap(({ groupId, requiredZoneNames = [] }) =>
          groupId && requiredZoneNames.length ? [[groupId, requiredZoneNames]] : [],
        ),
      );
    },
  };
}

async function get(arm: SiteArm, { kind, id }: PieceRef): Promise<FoundPiece | undefined> {
  const { subscriptionId, names } = located(id);
  const resource = await armFind(`read ${called({ kind, id })}`, () =>
    operations(arm, subscriptionId, kind).get(names),
  );
  return resource && foundPiece(resource);
}

function createLook(arm: SiteArm): SiteLook {
  const known = new Map<string, Promise<unknown>>();
  function once<T>(what: string, read: () => Promise<T>): Promise<T> {
    let reading = known.get(what) as Promise<T> | undefined;
    if (!reading) known.set(what, (reading = read()));
    return reading;
  }
  /** Lists what stands beside an id; undefined when what it stands in is not there. */
  function listed<T extends object>(what: string, parent: string, list: () => AsyncIterable<T>) {
    return once(`${what} ${parent}`.toLowerCase(), () => armFind(`list ${what} of ${parent}`, () => every(list())));
  }

  function beside({ kind, id }: PieceRef): Promise<Identified[] | undefined> | undefined {
    const { subscriptionId, names } = located(id);
    const [group = '', parent = ''] = names;
    switch (kind) {
      case 'storageAccount':
        return listed('storage accounts', groupOf(id), () =>
          arm.storage(subscriptionId).storageAccounts.listByResourceGroup(group),
        );
      case 'blobContainer':
        return listed('containers', parent, () => arm.storage(subscriptionId).blobContainers.list(group, parent));
      case 'queue':
        return listed('queues', parent, () => arm.storage(subscriptionId).queue.list(group, parent));
      case 'diskAccess':
        return listed('disk accesses', groupOf(id), () =>
          arm.compute(subscriptionId).diskAccesses.listByResourceGroup(group),
        );
      case 'privateEndpoint':
        return listed('private endpoints', groupOf(id), () => arm.network(subscriptionId).privateEndpoints.list(group));
      case 'privateDnsZone':
        return listed('private DNS zones', groupOf(id), () =>
          arm.privateDns(subscriptionId).privateZones.listByResourceGroup(group),
        );
      case 'virtualNetworkLink':
        return listed('links', `${groupOf(id)}/${parent}`, () =>
          arm.privateDns(subscriptionId).virtualNetworkLinks.list(group, parent),
        );
      default:
        return undefined;
    }
  }

  return {
    async find(piece) {
      const list = beside(piece);
      if (!list) return once(piece.id.toLowerCase(), () => get(arm, piece));
      const resource = (await list)?.find(({ id }) => id !== undefined && sameId(id, piece.id));
      return resource && foundPiece(resource);
    },

    async accountsOf(groupId) {
      const accounts = await beside({ kind: 'storageAccount', id: `${groupId}/providers/x/y/z` });
      return accounts?.map((account) => ({ id: account.id!, tags: foundPiece(account).tags }));
    },

    async addressesOf({ resource }) {
      const ids = ((resource as PrivateEndpoint).networkInterfaces ?? []).flatMap(({ id }) => id ?? []);
      const all = ids.map(async (id) => {
        const { subscriptionId, names } = located(id);
        const [group = ''] = names;
        const interfaces = await listed('network interfaces', groupOf(id), () =>
          arm.network(subscriptionId).networkInterfaces.list(group),
        );
        return interfaces?.find((one) => one.id !== undefined && sameId(one.id, id))?.ipConfigurations ?? [];
      });
      return (await Promise.all(all))
        .flat()
        .map(({ privateIPAddress: address = '', privateLinkConnectionProperties }) => ({
          address,
          fqdns: privateLinkConnectionProperties?.fqdns ?? [],
        }));
    },

    async recordsOf(zoneId) {
      const { subscriptionId, names } = located(zoneId);
      const [group = '', zone = ''] = names;
      const records = await listed('A records', zoneId, () =>
        arm.privateDns(subscriptionId).recordSets.listByType(group, zone, 'A'),
      );
      return new Map(
        (records ?? []).map(({ name = '', aRecords = [] }) => [
          name.toLowerCase(),
          aRecords.flatMap(({ ipv4Address }) => ipv4Address ?? []),
        ]),
      );
    },
  };
}

interface Identified {
  id?: string;
}

function groupOf(id: string): string {
  return id.split('/').slice(0, 5).join('/');
}

async function every<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of pages) all.push(one);
  return all;
}

function foundPiece(resource: object): FoundPiece {
  const { provisioningState, tags } = resource as { provisioningState?: string; tags?: Record<string, string> };
  return { resource, provisioning: provisioningState ?? 'Succeeded', tags: tags ?? {} };
}

/** Each kind's client. What only the Pulumi program makes is read, never written. */
function operations(arm: SiteArm, subscriptionId: string, kind: PieceKind): KindOperations {
  const network = arm.network(subscriptionId);
  const dns = arm.privateDns(subscriptionId);
  const storage = arm.storage(subscriptionId);
  switch (kind) {
    case 'networkSecurityGroup':
      return of(
        ([group, name]) => network.networkSecurityGroups.get(group, name),
        ([group, name], body: NetworkSecurityGroup) => network.networkSecurityGroups.createOrUpdate(group, name, body),
      );
    case 'virtualNetwork':
      return of(
        ([group, name]) => network.virtualNetworks.get(group, name),
        ([group, name], body: VirtualNetwork) => network.virtualNetworks.createOrUpdate(group, name, body),
      );
    case 'privateEndpoint':
      return of(
        ([group, name]) => network.privateEndpoints.get(group, name),
        ([group, name], body: PrivateEndpoint) => network.privateEndpoints.createOrUpdate(group, name, body),
      );
    case 'privateDnsZoneGroup':
      return of(
        ([group, endpoint, name]) => network.privateDnsZoneGroups.get(group, endpoint, name),
        ([group, endpoint, name], body: PrivateDnsZoneGroup) =>
          network.privateDnsZoneGroups.createOrUpdate(group, endpoint, name, body),
      );
    case 'privateDnsZone':
      return of(
        ([group, name]) => dns.privateZones.get(group, name),
        ([group, name], body: PrivateZone) => dns.privateZones.createOrUpdate(group, name, body),
      );
    case 'virtualNetworkLink':
      return of(
        ([group, zone, name]) => dns.virtualNetworkLinks.get(group, zone, name),
        ([group, zone, name], body: VirtualNetworkLink) =>
          dns.virtualNetworkLinks.createOrUpdate(group, zone, name, body),
      );
    case 'storageAccount':
      return of(
        ([group, name]) => storage.storageAccounts.getProperties(group, name),
        ([group, name], body: StorageAccountCreateParameters) => storage.storageAccounts.create(group, name, body),
      );
    case 'blobContainer':
      return of(
        ([group, account, , name]) => storage.blobContainers.get(group, account, name),
        ([group, account, , name], body: BlobContainer) => storage.blobContainers.create(group, account, name, body),
      );
    case 'queue':
      return of(
        ([group, account, , name]) => storage.queue.get(group, account, name),
        ([group, account, , name], body: StorageQueue) => storage.queue.create(group, account, name, body),
      );
    case 'diskAccess': {
      const { diskAccesses } = arm.compute(subscriptionId);
      return of(
        ([group, name]) => diskAccesses.get(group, name),
        ([group, name], body: DiskAccess) => diskAccesses.createOrUpdate(group, name, body),
      );
    }
    case 'natGateway':
      return readOnly(kind, ([group, name]) => network.natGateways.get(group, name));
    case 'publicIPAddress':
      return readOnly(kind, ([group, name]) => network.publicIPAddresses.get(group, name));
    case 'routeTable':
      return readOnly(kind, ([group, name]) => network.routeTables.get(group, name));
    case 'resourceGroup':
      throw new StrongroomError('INTERNAL', 'A resource group is read with its accounts.');
  }
}

type Names = [group: string, first: string, second: string, third: string];

function of<B>(
  get: (names: Names) => PromiseLike<object>,
  put: (names: Names, body: B) => ReturnType<KindOperations['put']>,
): KindOperations {
  return {
    get: (names) => get(names as Names),
    put: (names, body) => put(names as Names, body as B),
  };
}

function readOnly(kind: PieceKind, get: (names: Names) => PromiseLike<object>): KindOperations {
  return of(get, () => {
    throw new StrongroomError('INTERNAL', `The appliance makes no ${kind}.`);
  });
}
