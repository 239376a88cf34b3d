import type { ErrorInfo } from '../errors.ts';
import type { Owner, PieceKind } from './piece.ts';
import type { RequiredZones } from './zones.ts';

/**
 * How a piece stands. `failed`: it is there, but Azure gave up making it. `pending`: Azure is at work on it. `unreadable`:
 * Azure did not say.
 */
export type PieceState = 'present' | 'missing' | 'failed' | 'pending' | 'drifted' | 'unreadable';

/** A setting that is not as it should be, in words. */
export interface FoundDrift {
  /** `networkRuleSet.defaultAction` */
  path: string;
  expected: string;
  actual: string;
}

/** A name of an endpoint, and the A record that it needs in a zone. */
export interface FoundRecord {
  /** `{account}.blob.core.windows.net` */
  name: string;
  expected: string[];
  /** None when there is no such record. */
  actual: string[];
}

/** A piece as it was found. */
export interface Finding {
  key: string;
  kind: PieceKind;
  id: string;
  owner: Owner;
  state: PieceState;
  /** Who made it, as far as its tags tell; null when it is not there. */
  made: 'declared' | 'run-time' | null;
  drift: FoundDrift[];
  /** Of an endpoint: `Approved`, `Pending`, `Rejected`, `Disconnected`. */
  connection?: string;
  /** Of an endpoint's entry in the zones. */
  records?: FoundRecord[];
  /** Of what is unreadable: why. */
  error?: ErrorInfo;
}

/** A site as it was found. */
export interface Inspection {
  findings: Finding[];
  /** Zone names as ARM says them. */
  zones: RequiredZones;
  /** Keys of missing pieces that have all they need to be made. */
  ready: string[];
  /** ARM ids of other accounts that carry the tags of the site's. */
  otherAccounts: string[];
}

const kindWords: Record<PieceKind, string> = {
  resourceGroup: 'resource group',
  networkSecurityGroup: 'network security group',
  publicIPAddress: 'public IP address',
  natGateway: 'NAT gateway',
  routeTable: 'route table',
  virtualNetwork: 'virtual network',
  privateDnsZone: 'private DNS zone',
  virtualNetworkLink: 'virtual network link',
  storageAccount: 'storage account',
  blobContainer: 'container',
  queue: 'queue',
  diskAccess: 'disk access',
  privateEndpoint: 'private endpoint',
  privateDnsZoneGroup: 'DNS zone group',
};

/** What a piece is called in messages: `private endpoint strongroom-blob`. */
export function called({ kind, id }: { kind: PieceKind; id: string }): string {
  const parts = id.split('/');
  const name = parts.at(-1)!;
  if (kind === 'privateDnsZoneGroup') return `${kindWords[kind]} of private endpoint ${parts.at(-3)}`;
  if (kind === 'virtualNetworkLink') return `${kindWords[kind]} ${name} of zone ${parts.at(-3)}`;
  if (kind === 'blobContainer' || kind === 'queue') return `${kindWords[kind]} ${name} of ${parts.at(-5)}`;
  return `${kindWords[kind]} ${name}`;
}
