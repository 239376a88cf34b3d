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

/** A record that a DNS zone group says it keeps. */
export interface GroupRecord {
  zoneId: string;
  name: string;
  addresses: string[];
}

export interface TaggedAccount {
  id: string;
  tags: Record<string, string>;
}

/** What a site consists of, in ARM: read, and created where it is missing. Nothing that exists is altered. */
export interface SiteParts {
  find(piece: Pick<Piece, 'kind' | 'id'>): Promise<FoundPiece | undefined>;
  /** Asks Azure to make the piece as its settings say and does not wait for the end. */
  create(piece: Piece): Promise<void>;
  /** Storage accounts of a resource group; undefined when there is no such group. */
  accountsOf(groupId: string): Promise<TaggedAccount[] | undefined>;
  connectionsOf(found: FoundPiece): EndpointConnection[];
  /** Private addresses of an endpoint, of its network interface. */
  addressesOf(endpoint: FoundPiece): Promise<string[]>;
  /** What a zone group of an endpoint says; of all its groups when no name is given. */
  groupRecords(endpointId: string, group?: string): Promise<GroupRecord[]>;
  /** Addresses of an A record in a private zone; none when there is no record. */
  recordAddresses(record: Pick<GroupRecord, 'zoneId' | 'name'>): Promise<string[]>;
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
  const zoneGroup = (id: string) => {
    const { subscriptionId, names } = located(id);
    const [group = '', endpoint = ''] = names;
    return { groups: arm.network(subscriptionId).privateDnsZoneGroups, group, endpoint };
  };

  return {
    async find({ kind, id }) {
      const { subscriptionId, names } = located(id);
      const resource = await armFind(`read ${called({ kind, id })}`, () =>
        operations(arm, subscriptionId, kind).get(names),
      );
      return resource && foundPiece(resource);
    },

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

    async accountsOf(groupId) {
      const { subscriptionId, names } = located(groupId);
      const [group = ''] = names;
      return armFind(`list storage accounts of ${group}`, async () => {
        const found: TaggedAccount[] = [];
        for await (const { id, tags } of arm.storage(subscriptionId).storageAccounts.listByResourceGroup(group)) {
          found.push({ id: id!, tags: tags ?? {} });
        }
        return found;
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

    async addressesOf({ resource }) {
      const ids = ((resource as PrivateEndpoint).networkInterfaces ?? []).flatMap(({ id }) => id ?? []);
      const all = ids.map(async (id) => {
        const { subscriptionId, names } = located(id);
        const [group = '', name = ''] = names;
        const found = await armFind(`read network interface ${name}`, () =>
          arm.network(subscriptionId).networkInterfaces.get(group, name),
        );
        return (found?.ipConfigurations ?? []).flatMap(({ privateIPAddress }) => privateIPAddress ?? []);
      });
      return (await Promise.all(all)).flat();
    },

    async groupRecords(endpointId, name) {
      const { groups, group, endpoint } = zoneGroup(endpointId);
      const what = `read DNS zone groups of private endpoint ${endpoint}`;
      const found: PrivateDnsZoneGroup[] = [];
      if (name === undefined) {
        await armFind(what, async () => {
          for await (const one of groups.list(group, endpoint)) found.push(one);
        });
      } else {
        const one = await armFind(what, () => groups.get(group, endpoint, name));
        if (one) found.push(one);
      }
      return found
        .flatMap(({ privateDnsZoneConfigs }) => privateDnsZoneConfigs ?? [])
        .flatMap(({ privateDnsZoneId: zoneId = '', recordSets }) =>
          (recordSets ?? []).map(({ recordSetName = '', ipAddresses = [] }) => ({
            zoneId,
            name: recordSetName,
            addresses: ipAddresses,
          })),
        );
    },

    async recordAddresses({ zoneId, name }) {
      const { subscriptionId, names } = located(zoneId);
      const [group = '', zone = ''] = names;
      const found = await armFind(`read record ${name} of private DNS zone ${zone}`, () =>
        arm.privateDns(subscriptionId).recordSets.get(group, zone, 'A', name),
      );
      return (found?.aRecords ?? []).flatMap(({ ipv4Address }) => ipv4Address ?? []);
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
