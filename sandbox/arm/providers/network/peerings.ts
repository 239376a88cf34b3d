import { bodyOf, proxy, required } from '../../resource.ts';
import {
  ArmError,
  type ArmCall,
  type ArmReply,
  type ArmResource,
  type ArmWorld,
  type ResourceType,
} from '../../types.ts';
import { overlaps, parseCidr } from './cidr.ts';
import { invalidResourceReference } from './errors.ts';
import { nameRule } from './names.ts';
import { newEtag, remove, settling, type Reference } from './written.ts';

export const peeringType = 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings';

const networkIdOf = (peeringId: string) => peeringId.split('/').slice(0, -2).join('/');
const remoteOf = (peering: ArmResource) =>
  (peering.properties?.remoteVirtualNetwork as Reference | undefined)?.id ?? '';
const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function spaceOf(network: ArmResource | undefined): string[] {
  const { addressPrefixes = [] } = (network?.properties?.addressSpace ?? {}) as { addressPrefixes?: string[] };
  return addressPrefixes;
}

export function peeringsOf(world: ArmWorld, networkId: string): ArmResource[] {
  return world.store.list({ type: peeringType, under: networkId });
}

/** The peering that leads back. */
function counterpart(world: ArmWorld, networkId: string, remoteId: string): ArmResource | undefined {
  return peeringsOf(world, remoteId).find((peering) => same(remoteOf(peering), networkId));
}

function setState(world: ArmWorld, peering: ArmResource, peeringState: string): void {
  world.store.put({ ...peering, etag: newEtag(world), properties: { ...peering.properties, peeringState } });
}

/** The other sides lose what leads to a network that goes, or to a peering that goes. */
export function disconnect(world: ArmWorld, peerings: ArmResource[]): void {
  for (const peering of peerings) {
    const back = counterpart(world, networkIdOf(peering.id), remoteOf(peering));
    if (back?.properties?.peeringState === 'Connected') setState(world, back, 'Disconnected');
  }
}

/** @throws ArmError 400 VnetAddressSpacesOverlap */
function checkSpaces(peeringId: string, mine: ArmResource, remote: ArmResource): void {
  for (const a of spaceOf(mine)) {
    for (const b of spaceOf(remote)) {
      if (!overlaps(parseCidr(a)!, parseCidr(b)!)) continue;
      throw new ArmError(
        400,
        'VnetAddressSpacesOverlap',
        `Cannot create or update peering ${peeringId}. Virtual networks ${mine.id} and ${remote.id} cannot be peered ` +
          `because their address spaces overlap. Overlapping address prefixes: ${a}, ${b}.`,
        { details: { details: [] } },
      );
    }
  }
}

/** @throws ArmError 400 AnotherPeeringAlreadyReferencesRemoteVnet */
function checkOnce(call: ArmCall, mine: ArmResource, remoteId: string): void {
  const other = peeringsOf(call.world, mine.id).find(
    (one) => !same(one.id, call.path.id) && same(remoteOf(one), remoteId),
  );
  if (!other) return;
  throw new ArmError(
    400,
    'AnotherPeeringAlreadyReferencesRemoteVnet',
    `Peering ${call.path.id} cannot have remote virtual network reference ${remoteId} because peering ${other.id} ` +
      `under virtual network ${mine.id} already references it.`,
    { details: { details: [] } },
  );
}

function put(call: ArmCall, existing: ArmResource | undefined): ArmReply {
  const { world, path } = call;
  const mine = world.store.require(networkIdOf(path.id));
  const given = required(bodyOf(call).properties, 'properties');
  const { id } = required(given.remoteVirtualNetwork as Reference | undefined, 'properties.remoteVirtualNetwork');
  const remote = world.store.get(id);
  if (!remote || same(id, mine.id)) throw invalidResourceReference(id, path.id);
  checkOnce(call, mine, remote.id);
  checkSpaces(path.id, mine, remote);
  const back = counterpart(world, mine.id, remote.id);
  const peeringState = back && back.properties?.peeringState !== 'Disconnected' ? 'Connected' : 'Initiated';
  if (back && peeringState === 'Connected') setState(world, back, 'Connected');
  const space = { addressPrefixes: spaceOf(remote) };
  world.store.put({
    ...proxy(call),
    etag: newEtag(world),
    properties: {
      allowVirtualNetworkAccess: true,
      allowForwardedTraffic: false,
      allowGatewayTransit: false,
      useRemoteGateways: false,
      doNotVerifyRemoteGateways: false,
      peerCompleteVnets: true,
      ...given,
      remoteVirtualNetwork: { id: remote.id },
      remoteAddressSpace: space,
      remoteVirtualNetworkAddressSpace: space,
      peeringState,
      peeringSyncLevel: 'FullyInSync',
      resourceGuid: existing?.properties?.resourceGuid ?? world.guid(),
      provisioningState: 'Updating',
    },
  });
  return settling(call, existing ? 200 : 201);
}

/** Microsoft.Network/virtualNetworks/virtualNetworkPeerings: connected once both sides have one. */
export const virtualNetworkPeerings: ResourceType = {
  type: peeringType,
  nameRule,
  put,
  delete: (call, existing) => remove(call, existing, () => disconnect(call.world, [existing])),
};
