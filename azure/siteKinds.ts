import type { DiskAccess } from '@azure/arm-compute';
import type { NetworkSecurityGroup, PrivateDnsZoneGroup, PrivateEndpoint, VirtualNetwork } from '@azure/arm-network';
import type { PrivateZone, VirtualNetworkLink } from '@azure/arm-privatedns';
import type { BlobContainer, StorageAccountCreateParameters, StorageQueue } from '@azure/arm-storage';
import { StrongroomError } from '../model/errors.ts';
import { called } from '../model/site/finding.ts';
import type { Piece, PieceKind } from '../model/site/piece.ts';
import { armFind, type SiteArm } from './arm.ts';

/** A piece as ARM has it. */
export interface FoundPiece {
  /** Flat, as {@link Piece.settings}. */
  resource: object;
  /** `Succeeded`, `Failed`, or what Azure is at: `Creating`, `Updating`, … */
  provisioning: string;
  tags: Record<string, string>;
}

export type PieceRef = Pick<Piece, 'kind' | 'id'>;

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
export function located(id: string): Located {
  const [, , subscriptionId = '', , group = '', , , ...rest] = id.split('/');
  return { subscriptionId, names: [group, ...rest.filter((_, i) => i % 2 === 1)] };
}

/** Reads one piece; undefined when it is not there. */
export async function readPiece(arm: SiteArm, { kind, id }: PieceRef): Promise<FoundPiece | undefined> {
  const { subscriptionId, names } = located(id);
  const resource = await armFind(`read ${called({ kind, id })}`, () =>
    operations(arm, subscriptionId, kind).get(names),
  );
  return resource && foundPiece(resource);
}

export function foundPiece(resource: object): FoundPiece {
  const { provisioningState, tags } = resource as { provisioningState?: string; tags?: Record<string, string> };
  return { resource, provisioning: provisioningState ?? 'Succeeded', tags: tags ?? {} };
}

/** Each kind's client. What only the Pulumi program makes is read, never written. */
export function operations(arm: SiteArm, subscriptionId: string, kind: PieceKind): KindOperations {
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
