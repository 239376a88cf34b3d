import { idKey } from '../resourceId.ts';
import { accountSettings } from './account.ts';
import { endpointName, endpointPieces, endpointTargets, siteDiskAccesses } from './endpoints.ts';
import { isHome, siteAt, sitesOf, type Environment, type SiteConfig } from './environment.ts';
import { homeLayout, siteKey, siteLayout } from './layout.ts';
import { networkPieces, placement, zonePieces } from './network.ts';
import type { Piece, PieceKind } from './piece.ts';
import { roleTag } from './tags.ts';
import { documentedZones, type RequiredZones } from './zones.ts';

/**
 * Everything that a site consists of, as it should be: what the Pulumi program declares and what the appliance checks and,
 * where it may, creates. Pieces stand after those that they need.
 * @param requiredZones where ARM names other zones than the documentation (`requiredZoneNames`)
 */
export function sitePieces(
  environment: Environment,
  site: SiteConfig,
  requiredZones: RequiredZones = documentedZones,
): Piece[] {
  const { resourceGroup } = siteLayout(siteKey(environment, site));
  const targets = endpointTargets(environment, site);
  const zoneNames = [...new Set(targets.flatMap(({ group }) => requiredZones[group]))];
  const pieces = [
    ...networkPieces(environment, site),
    ...zonePieces(environment, site, zoneNames),
    ...accountPieces(environment, site),
    ...diskAccessPieces(environment, site),
    ...targets.flatMap((target) => endpointPieces(environment, site, target, requiredZones)),
  ];
  const group: Piece = {
    key: 'group',
    kind: 'resourceGroup',
    id: resourceGroup.id,
    owner: 'deployer',
    after: [],
    settings: placement(environment, site),
  };
  const made = new Map(pieces.map((piece) => [piece.id.toLowerCase(), piece.key]));
  return [
    group,
    ...pieces.map((piece) => {
      const target = made.get(piece.target?.id.toLowerCase() ?? '');
      return { ...piece, after: ['group', ...piece.after, ...(target === undefined ? [] : [target])] };
    }),
  ];
}

/** The tagged account: worker files and logs; in the home site also the queue that workers report to. */
function accountPieces(environment: Environment, site: SiteConfig): Piece[] {
  const { account, workerFilesContainer, workerLogsContainer } = siteLayout(siteKey(environment, site));
  const queues = isHome(environment, site) ? [homeLayout(environment).mailbox] : [];
  const place = placement(environment, site);
  return [
    {
      key: 'account',
      kind: 'storageAccount',
      id: account.id,
      owner: 'strongroom',
      after: [],
      // Files, logs and messages that can be made again: more than local redundancy would buy nothing.
      settings: accountSettings({ ...place, tags: { ...place.tags, ...roleTag }, redundancy: 'LRS' }),
    },
    ...[workerFilesContainer, workerLogsContainer].map((name): Piece => ({
      key: `container-${name}`,
      kind: 'blobContainer',
      id: `${account.id}/blobServices/default/containers/${name}`,
      owner: 'strongroom',
      after: ['account'],
      settings: { publicAccess: 'None' },
    })),
    ...queues.map((name): Piece => ({
      key: `queue-${name}`,
      kind: 'queue',
      id: `${account.id}/queueServices/default/queues/${name}`,
      owner: 'strongroom',
      after: ['account'],
      settings: {},
    })),
  ];
}

function diskAccessPieces(environment: Environment, site: SiteConfig): Piece[] {
  return siteDiskAccesses(environment, site).map(({ id, name }) => ({
    key: name,
    kind: 'diskAccess',
    id,
    owner: 'strongroom',
    after: [],
    settings: placement(environment, site),
  }));
}

/**
 * Pieces of the home site that another site cannot work without: the endpoint through which the appliance reaches that
 * site's account.
 */
export function homePiecesFor(environment: Environment, site: SiteConfig, requiredZones?: RequiredZones): Piece[] {
  if (isHome(environment, site)) return [];
  const { account } = siteLayout(siteKey(environment, site));
  const all = sitePieces(environment, siteAt(environment, environment.home), requiredZones);
  const isWanted = ({ target }: Piece) => target?.id.toLowerCase() === account.id.toLowerCase();
  const wanted = all.filter(isWanted);
  const keys = new Set(wanted.map(({ key }) => key));
  return all.filter((piece) => keys.has(piece.key) || piece.after.some((key) => keys.has(key)));
}

/** Prefix of the keys of home pieces among another site's ({@link neededPieces}). */
const HOME = 'home:';

/** Whether a key of {@link neededPieces} is that of a piece of the home site, which another site needs. */
export function isHomePiece(key: string): boolean {
  return key.startsWith(HOME);
}

/** What a name in a network comes to an address by. */
const resolving: PieceKind[] = ['virtualNetwork', 'privateDnsZone', 'virtualNetworkLink'];

/**
 * What a session in a site cannot do without: the site's own pieces, and those of the home site through which the
 * appliance reaches it, the vault and the queue of reports, with what these need. In the home site no endpoint to another
 * site's account, which may not be there yet.
 */
export function neededPieces(environment: Environment, site: SiteConfig, requiredZones?: RequiredZones): Piece[] {
  const own = sitePieces(environment, site, requiredZones);
  if (isHome(environment, site)) {
    const others = keysForOthers(environment, () => true);
    return own.filter(({ key }) => !others.has(key));
  }
  const home = sitePieces(environment, siteAt(environment, environment.home), requiredZones);
  const keys = new Set(homePiecesFor(environment, site, requiredZones).map(({ key }) => key));
  const { vault, account } = homeLayout(environment);
  for (const name of [endpointName(vault, 'vault'), endpointName(account, 'queue')])
    keys.add(`endpoint-${name}`).add(`records-${name}`);
  for (const { key, after } of home.toReversed()) {
    if (!keys.has(key)) continue;
    for (const each of home) if (after.includes(each.key) && resolving.includes(each.kind)) keys.add(each.key);
  }
  const ownKeys = new Map(own.map(({ id, key }) => [idKey(id), key]));
  const wanted = home
    .filter(({ key }) => keys.has(key))
    .map((piece) => {
      const target = ownKeys.get(idKey(piece.target?.id ?? ''));
      const after = piece.after.filter((key) => keys.has(key)).map((key) => HOME + key);
      return { ...piece, key: HOME + piece.key, after: [...after, ...(target === undefined ? [] : [target])] };
    });
  return [...own, ...wanted];
}

/** Keys of the home site's pieces that lead to accounts of other sites. */
function keysForOthers(environment: Environment, which: (site: SiteConfig) => boolean): Set<string> {
  const others = sitesOf(environment).filter((other) => !isHome(environment, other) && which(other));
  return new Set(others.flatMap((other) => homePiecesFor(environment, other).map(({ key }) => key)));
}

/**
 * The pieces that the Pulumi program declares: of a site that is created at run time the group alone, with the rights in
 * it; and in the home site no endpoint to the account of such a site.
 */
export function declaredPieces(environment: Environment, site: SiteConfig): Piece[] {
  const all = sitePieces(environment, site);
  if (!site.declared) return all.filter(({ kind }) => kind === 'resourceGroup');
  if (!isHome(environment, site)) return all;
  const skipped = keysForOthers(environment, ({ declared }) => !declared);
  return all.filter(({ key }) => !skipped.has(key));
}
