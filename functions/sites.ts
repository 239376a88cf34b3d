import type { FoundPiece } from '../azure/siteKinds.ts';
import type { SiteLook } from '../azure/siteLook.ts';
import type { SiteParts } from '../azure/siteParts.ts';
import { errorInfo } from '../model/errors.ts';
import { idKey, sameId } from '../model/resourceId.ts';
import { driftOf, type Drift } from '../model/site/drift.ts';
import { siteAt, type Environment, type Place, type SiteConfig } from '../model/site/environment.ts';
import type { Finding, FoundDrift, FoundRecord, Inspection } from '../model/site/finding.ts';
import { siteKey, siteLayout } from '../model/site/layout.ts';
import { siteDiskAccesses } from '../model/site/endpoints.ts';
import type { Piece } from '../model/site/piece.ts';
import { neededPieces } from '../model/site/pieces.ts';
import { roleTag, runTimeTag } from '../model/site/tags.ts';
import { readyPieces, sameAddresses } from '../model/site/verdict.ts';
import { documentedZones, type EndpointGroup, type RequiredZones } from '../model/site/zones.ts';
import type { Appliance } from './appliance.ts';
import { inParallel } from './inParallel.ts';

/** Requests to Resource Manager at once, for one site: it allows 25 reads a second and bursts of 250. */
const AT_ONCE = 16;

type Parts = Pick<Appliance, 'environment' | 'siteParts'>;

/**
 * Looks at all pieces of a site, and at those of the home site that it needs, and changes nothing. What cannot be read is
 * a finding of its own.
 * @param keys only these pieces
 * @throws UNSUPPORTED when the environment has no such site
 */
export async function inspectSite(
  { environment, siteParts }: Parts,
  place: Place,
  keys?: string[],
): Promise<Inspection> {
  const site = siteAt(environment, place);
  const { account, resourceGroup, tags } = siteLayout(siteKey(environment, site));
  const look = siteParts.look();
  const looked = await settled(look.accountsOf(resourceGroup.id));
  const accounts = looked.value ?? [];
  const zones = await settled(zonesOf(siteParts, look, environment, site));
  const pieces = neededPieces(environment, site, zones.value ?? documentedZones);
  const wanted = pieces.filter(({ key }) => keys?.includes(key) ?? true);
  const findings = await inParallel(AT_ONCE, wanted, async (piece): Promise<Finding> => {
    try {
      if (looked.error && idKey(piece.id) === idKey(resourceGroup.id)) throw looked.error;
      if (zones.error && idKey(piece.id) === idKey(account.id)) throw zones.error;
      if (piece.kind === 'resourceGroup') return bare(piece, looked.value ? 'present' : 'missing');
      return await findingOf(siteParts, look, piece);
    } catch (error) {
      return { ...bare(piece, 'unreadable'), error: errorInfo(error) };
    }
  });
  const marks = Object.entries({ ...tags, ...roleTag });
  const otherAccounts = accounts
    .filter((other) => !sameId(other.id, account.id) && marks.every(([name, value]) => other.tags[name] === value))
    .map(({ id }) => id);
  return {
    findings: withMakers(findings, pieces),
    zones: zones.value ?? documentedZones,
    ready: readyPieces(pieces, findings),
    otherAccounts,
  };
}

/** Makes pieces that are missing. One that is there, or that somebody else is making, is left alone. */
export async function createPieces(
  { environment, siteParts }: Parts,
  place: Place,
  { keys, zones }: { keys: string[]; zones: RequiredZones },
): Promise<Record<string, unknown>> {
  const pieces = neededPieces(environment, siteAt(environment, place), zones).filter(
    ({ key, owner }) => owner === 'strongroom' && keys.includes(key),
  );
  const failures: Record<string, unknown> = {};
  await inParallel(AT_ONCE, pieces, async (piece) => {
    try {
      const found = await siteParts.find(piece);
      // Azure writes the records of a zone group anew when it is put again.
      const rewritten = piece.kind === 'privateDnsZoneGroup';
      if (!found || found.provisioning === 'Failed' || rewritten) await siteParts.create(piece);
    } catch (error) {
      failures[piece.key] = error;
    }
  });
  return failures;
}

/** What ARM says of zone names, for groups whose target is the site's and there; the documented ones for the rest. */
async function zonesOf(
  siteParts: SiteParts,
  look: SiteLook,
  environment: Environment,
  site: SiteConfig,
): Promise<RequiredZones> {
  const { account } = siteLayout(siteKey(environment, site));
  const [diskAccess] = siteDiskAccesses(environment, site);
  const [isThere, hasAccess] = await Promise.all([
    look.find({ kind: 'storageAccount', id: account.id }),
    diskAccess && look.find({ kind: 'diskAccess', id: diskAccess.id }),
  ]);
  const [ofAccount, ofDisks] = await Promise.all([
    isThere ? siteParts.requiredZones('storageAccount', account.id) : {},
    hasAccess ? siteParts.requiredZones('diskAccess', diskAccess!.id).catch(unlessForbidden) : {},
  ]);
  const said: Record<string, string[]> = { ...ofAccount, ...ofDisks };
  const groups = Object.keys(documentedZones) as EndpointGroup[];
  const named = groups.map((group): [EndpointGroup, readonly string[]] => [
    group,
    said[group] ?? documentedZones[group],
  ]);
  return Object.fromEntries(named) as RequiredZones;
}

/** Azure's permission reference lists no action for the private link resources of a disk access: a role may lack it. */
function unlessForbidden(error: unknown): Record<string, string[]> {
  if (errorInfo(error).code === 'PERMISSION_MISSING') return {};
  throw error;
}

async function findingOf(siteParts: SiteParts, look: SiteLook, piece: Piece): Promise<Finding> {
  if (piece.kind === 'privateDnsZoneGroup') return zoneGroupFinding(siteParts, look, piece);
  const found = await look.find(piece);
  if (!found) return bare(piece, 'missing');
  if (piece.kind === 'privateEndpoint') return endpointFinding(siteParts, piece, found);
  return settle(piece, found, driftOf(piece.settings, found.resource));
}

/** An endpoint's connection may stand in another list or have another name: what counts is where it leads. */
function endpointFinding(siteParts: SiteParts, piece: Piece, found: FoundPiece): Finding {
  const { privateLinkServiceConnections: _wanted, ...settings } = piece.settings;
  const { id, group } = piece.target!;
  const connections = siteParts.connectionsOf(found);
  const right = connections.find(({ target, groups }) => sameId(target, id) && groups.includes(group));
  const drift = driftOf(settings, found.resource);
  if (!right) {
    const actual = connections.map(({ target, groups }) => `${target} (${groups.join(', ')})`).join('; ');
    return settle(piece, found, [{ path: 'target', expected: `${id} (${group})`, actual }, ...drift]);
  }
  return { ...settle(piece, found, drift), connection: right.status };
}

/**
 * An endpoint's entry in the zones is there when each of its names has its address. Only where one has not the DNS zone
 * group itself is read.
 */
async function zoneGroupFinding(siteParts: SiteParts, look: SiteLook, piece: Piece): Promise<Finding> {
  const endpointId = piece.id.replace(/\/privateDnsZoneGroups\/[^/]+$/i, '');
  const endpoint = await look.find({ kind: 'privateEndpoint', id: endpointId });
  if (!endpoint) return bare(piece, 'missing');
  const addresses = await look.addressesOf(endpoint);
  const kept =
    piece.owner === 'customer'
      ? await siteParts.groupRecords(endpointId)
      : (await Promise.all(zoneIdsOf(piece).map((zoneId) => recordsIn(look, zoneId)))).flat();
  const records = addresses.flatMap(({ address, fqdns }) =>
    fqdns.map((fqdn): FoundRecord => {
      const record = kept.find(({ name }) => fqdn.toLowerCase().startsWith(`${name}.`));
      return { name: fqdn, expected: [address], actual: record?.addresses ?? [] };
    }),
  );
  const isWritten = records.length > 0 && records.every(({ expected, actual }) => sameAddresses(expected, actual));
  if (isWritten) return { ...bare(piece, 'present'), records };
  if (piece.owner === 'customer') return { ...bare(piece, 'missing'), records };
  const found = await look.find(piece);
  if (!found) return bare(piece, 'missing');
  const finding = settle(piece, found, driftOf(piece.settings, found.resource));
  return { ...finding, state: finding.state === 'present' ? 'missing' : finding.state, records };
}

function zoneIdsOf({ settings }: Piece): string[] {
  const configs = (settings['privateDnsZoneConfigs'] ?? []) as { privateDnsZoneId: string }[];
  return configs.map(({ privateDnsZoneId }) => privateDnsZoneId);
}

async function recordsIn(look: SiteLook, zoneId: string): Promise<{ name: string; addresses: string[] }[]> {
  return [...(await look.recordsOf(zoneId))].map(([name, addresses]) => ({ name, addresses }));
}

function settle(piece: Piece, { provisioning, tags }: FoundPiece, drift: Drift[]): Finding {
  const state =
    provisioning === 'Failed'
      ? 'failed'
      : provisioning !== 'Succeeded'
        ? 'pending'
        : drift.length
          ? 'drifted'
          : 'present';
  const made = isTagged(tags) ? 'run-time' : 'declared';
  return { ...bare(piece, state), made, drift: drift.map(inWords) };
}

function isTagged(tags: Record<string, string>): boolean {
  return Object.entries(runTimeTag).every(([name, value]) => tags[name] === value);
}

function bare({ key, kind, id, owner }: Piece, state: Finding['state']): Finding {
  return { key, kind, id, owner, state, made: state === 'present' ? 'declared' : null, drift: [] };
}

/** What takes no tags was made by who made what it belongs to. */
function withMakers(findings: Finding[], pieces: Piece[]): Finding[] {
  const taggable = new Set(pieces.flatMap(({ key, settings }) => ('tags' in settings ? [key] : [])));
  return findings.map((finding) => {
    if (finding.made === null || taggable.has(finding.key)) return finding;
    const parent = findings.findLast(
      ({ id, key }) => taggable.has(key) && idKey(finding.id).startsWith(`${idKey(id)}/`),
    );
    return { ...finding, made: parent?.made ?? finding.made };
  });
}

function inWords({ path, expected, actual }: Drift): FoundDrift {
  return { path, expected: words(expected), actual: words(actual) };
}

function words(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

async function settled<T>(task: Promise<T>): Promise<{ value?: T; error?: Error }> {
  try {
    return { value: await task };
  } catch (error) {
    return { error: error as Error };
  }
}
