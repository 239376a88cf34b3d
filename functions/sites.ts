import type { FoundPiece, SiteParts } from '../azure/siteParts.ts';
import { errorInfo } from '../model/errors.ts';
import { idKey, sameId } from '../model/resourceId.ts';
import { driftOf, type Drift } from '../model/site/drift.ts';
import { siteAt, type Environment, type Place } from '../model/site/environment.ts';
import type { Finding, FoundDrift, FoundRecord, Inspection } from '../model/site/finding.ts';
import { siteKey, siteLayout } from '../model/site/layout.ts';
import { siteDiskAccesses } from '../model/site/endpoints.ts';
import type { Piece } from '../model/site/piece.ts';
import { neededPieces } from '../model/site/pieces.ts';
import { roleTag, runTimeTag } from '../model/site/tags.ts';
import { readyPieces, sameAddresses } from '../model/site/verdict.ts';
import { documentedZones, type EndpointGroup, type RequiredZones } from '../model/site/zones.ts';
import type { Appliance } from './appliance.ts';

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
  const looked = await settled(siteParts.accountsOf(resourceGroup.id));
  const accounts = looked.value ?? [];
  const zones = await settled(zonesOf(siteParts, environment, site, accounts));
  const pieces = neededPieces(environment, site, zones.value ?? documentedZones);
  const wanted = pieces.filter(({ key }) => keys?.includes(key) ?? true);
  const find = remembered(siteParts);
  const findings = await inParallel(wanted, async (piece): Promise<Finding> => {
    try {
      if (looked.error && idKey(piece.id) === idKey(resourceGroup.id)) throw looked.error;
      if (zones.error && idKey(piece.id) === idKey(account.id)) throw zones.error;
      if (piece.kind === 'resourceGroup') return bare(piece, looked.value ? 'present' : 'missing');
      return await findingOf(siteParts, find, piece);
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
  await inParallel(pieces, async (piece) => {
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
  environment: Environment,
  site: Place,
  accounts: { id: string }[],
): Promise<RequiredZones> {
  const { account } = siteLayout(siteKey(environment, site));
  const [diskAccess] = siteDiskAccesses(environment, siteAt(environment, site));
  const isThere = accounts.some(({ id }) => sameId(id, account.id));
  const hasAccess = diskAccess && (await siteParts.find({ kind: 'diskAccess', id: diskAccess.id }));
  const [ofAccount, ofDisks] = await Promise.all([
    isThere ? siteParts.requiredZones('storageAccount', account.id) : {},
    hasAccess ? siteParts.requiredZones('diskAccess', diskAccess.id) : {},
  ]);
  const said: Record<string, string[]> = { ...ofAccount, ...ofDisks };
  const groups = Object.keys(documentedZones) as EndpointGroup[];
  const named = groups.map((group): [EndpointGroup, readonly string[]] => [group, said[group] ?? documentedZones[group]]);
  return Object.fromEntries(named) as RequiredZones;
}

async function findingOf(siteParts: SiteParts, find: SiteParts['find'], piece: Piece): Promise<Finding> {
  if (piece.kind === 'privateDnsZoneGroup') return zoneGroupFinding(siteParts, find, piece);
  const found = await find(piece);
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

/** An endpoint's entry in the zones is there when each record that it keeps has the endpoint's address. */
async function zoneGroupFinding(siteParts: SiteParts, find: SiteParts['find'], piece: Piece): Promise<Finding> {
  const [, endpointId = '', name] = /^(.*)\/privateDnsZoneGroups\/([^/]+)$/i.exec(piece.id) ?? [];
  const byPolicy = piece.owner === 'customer';
  const endpoint = await find({ kind: 'privateEndpoint', id: endpointId });
  const found = byPolicy ? undefined : await find(piece);
  if (!endpoint || !(found || byPolicy)) return bare(piece, 'missing');
  const [expected, kept] = await Promise.all([
    siteParts.addressesOf(endpoint),
    siteParts.groupRecords(endpointId, byPolicy ? undefined : name),
  ]);
  const records = await Promise.all(
    kept.map(async (record): Promise<FoundRecord> => {
      const zone = record.zoneId.split('/').at(-1)!;
      // A policy's zones may be out of the appliance's sight: there the group's word counts.
      const actual = byPolicy ? record.addresses : await siteParts.recordAddresses(record);
      return {
        name: `${record.name}.${zone}`,
        expected: expected.length > 1 ? matching(expected, actual) : expected,
        actual,
      };
    }),
  );
  const drift = found ? driftOf(piece.settings, found.resource) : [];
  const finding = found ? settle(piece, found, drift) : bare(piece, 'present');
  const isWritten = records.length > 0 && records.every((record) => sameAddresses(record.expected, record.actual));
  const state = finding.state === 'present' && !isWritten ? 'missing' : finding.state;
  return { ...finding, state, records };
}

/** An endpoint with several names has an address for each: any of them is right. */
function matching(expected: string[], actual: string[]): string[] {
  return actual.length > 0 && actual.every((address) => expected.includes(address)) ? actual : expected;
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
    const parent = findings.find(({ id, key }) => taggable.has(key) && idKey(finding.id).startsWith(`${idKey(id)}/`));
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

/** Reads each resource once, however many pieces it matters to. */
function remembered({ find }: SiteParts): SiteParts['find'] {
  const known = new Map<string, ReturnType<SiteParts['find']>>();
  return (piece) => {
    const key = idKey(piece.id);
    let found = known.get(key);
    if (!found) known.set(key, (found = find(piece)));
    return found;
  };
}

async function settled<T>(task: Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await task };
  } catch (error) {
    return { error };
  }
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [i, item] of queue) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}
