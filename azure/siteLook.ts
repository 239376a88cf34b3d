import type { PrivateEndpoint } from '@azure/arm-network';
import { sameId } from '../model/resourceId.ts';
import { armFind, type SiteArm } from './arm.ts';
import { foundPiece, located, readPiece, type FoundPiece, type PieceRef } from './siteKinds.ts';

/** An address of an endpoint, and the names that lead to it. */
export interface EndpointAddress {
  address: string;
  fqdns: string[];
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

/** A new look: what it has read once it does not read again. */
export function createLook(arm: SiteArm): SiteLook {
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
      if (!list) return once(piece.id.toLowerCase(), () => readPiece(arm, piece));
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

/** All of a paged list. */
export async function every<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of pages) all.push(one);
  return all;
}
