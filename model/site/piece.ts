/** Kinds of pieces: one ARM type each. */
export type PieceKind =
  | 'resourceGroup'
  | 'networkSecurityGroup'
  | 'publicIPAddress'
  | 'natGateway'
  | 'routeTable'
  | 'virtualNetwork'
  | 'privateDnsZone'
  | 'virtualNetworkLink'
  | 'storageAccount'
  | 'blobContainer'
  | 'queue'
  | 'diskAccess'
  | 'privateEndpoint'
  | 'privateDnsZoneGroup';

/**
 * Who may create a piece. `strongroom`: the Pulumi program, or the appliance when it finds it missing. `deployer`: the
 * Pulumi program alone; the appliance only says that it is missing. `customer`: neither; it is used as it is.
 */
export type Owner = 'strongroom' | 'deployer' | 'customer';

/** One resource of a site as it should be. */
export interface Piece {
  /** Unique within the site and the same for ever: Pulumi's logical name, and what messages call it. */
  key: string;
  kind: PieceKind;
  /** ARM id. */
  id: string;
  owner: Owner;
  /** Keys of pieces that must be there first. */
  after: string[];
  /** Of an endpoint: what it leads to. It may be made elsewhere and must be there first. */
  target?: { id: string; group: string };
  /**
   * What it is made with, flat as both Pulumi's azure-native and the Azure SDKs take it, without the names that the id
   * holds. Of what is only looked at: what it must have.
   */
  settings: Record<string, unknown>;
}
