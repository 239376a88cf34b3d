import type { PrivateEndpoint, PrivateLinkServiceConnection } from '@azure/arm-network';
import { called } from '../model/site/finding.ts';
import type { Piece } from '../model/site/piece.ts';
import { runTimeTag } from '../model/site/tags.ts';
import { armCall, armFind, type SiteArm } from './arm.ts';
import { located, operations, readPiece, type FoundPiece, type PieceRef } from './siteKinds.ts';
import { createLook, every, type SiteLook } from './siteLook.ts';

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

export function createSiteParts(arm: SiteArm): SiteParts {
  return {
    look: () => createLook(arm),

    find: (piece) => readPiece(arm, piece),

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
