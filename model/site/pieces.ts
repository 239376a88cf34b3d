import { accountSettings } from './account.ts';
import { endpointPieces, endpointTargets, siteDiskAccesses } from './endpoints.ts';
import { isHome, siteAt, sitesOf, type Environment, type SiteConfig } from './environment.ts';
import { homeLayout, siteKey, siteLayout } from './layout.ts';
import { networkPieces, placement, zonePieces } from './network.ts';
import type { Piece } from './piece.ts';
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
  return [
    {
      key: 'account',
      kind: 'storageAccount',
      id: account.id,
      owner: 'strongroom',
      after: [],
      // Files, logs and messages that can be made again: more than local redundancy would buy nothing.
      settings: accountSettings({ ...placement(environment, site), redundancy: 'LRS' }),
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

/**
 * The pieces that the Pulumi program declares: of a site that is created at run time the group alone, with the rights in
 * it; and in the home site no endpoint to the account of such a site.
 */
export function declaredPieces(environment: Environment, site: SiteConfig): Piece[] {
  const all = sitePieces(environment, site);
  if (!site.declared) return all.filter(({ kind }) => kind === 'resourceGroup');
  if (!isHome(environment, site)) return all;
  const others = sitesOf(environment).filter(({ declared }) => !declared);
  const skipped = new Set(others.flatMap((other) => homePiecesFor(environment, other).map(({ key }) => key)));
  return all.filter(({ key }) => !skipped.has(key));
}
