import { bodyOf, proxy, required } from '../../resource.ts';
import {
  ArmError,
  type ArmCall,
  type ArmReply,
  type ArmResource,
  type ArmWorld,
  type ResourceType,
} from '../../types.ts';
import { parseAddress } from './cidr.ts';
import { zoneEtag, zoneType } from './zoneRecords.ts';

/** Kinds of record sets, and the property that holds their records. */
const kinds: Record<string, string> = {
  A: 'aRecords',
  AAAA: 'aaaaRecords',
  CNAME: 'cnameRecord',
  MX: 'mxRecords',
  PTR: 'ptrRecords',
  SOA: 'soaRecord',
  SRV: 'srvRecords',
  TXT: 'txtRecords',
};
const MAX_TTL = 2 ** 31 - 1;
/** Records of a set (private DNS limits). */
const MOST_RECORDS = 20;

const typeOf = (kind: string) => `${zoneType}/${kind}`;
const zoneIdOf = (id: string) => id.split('/').slice(0, 9).join('/');
const kindOf = ({ type }: Pick<ArmResource, 'type'>) => type.split('/').at(-1)!;

function badRequest(message: string): ArmError {
  return new ArmError(400, 'BadRequest', message);
}

/** Every record set of a zone, or those of one kind. */
export function recordSetsOf({ store }: ArmWorld, zoneId: string, kind?: string): ArmResource[] {
  const wanted = kind === undefined ? Object.keys(kinds) : [kind];
  return wanted.flatMap((one) => store.list({ type: typeOf(one), under: zoneId }));
}

/** The record that a zone has from its first moment. */
export function writeSoa(world: ArmWorld, zone: ArmResource): void {
  world.store.put({
    id: `${zone.id}/SOA/@`,
    name: '@',
    type: typeOf('SOA'),
    etag: zoneEtag(world),
    properties: {
      fqdn: `${zone.name}.`,
      ttl: 3600,
      isAutoRegistered: false,
      soaRecord: {
        host: 'azureprivatedns.net',
        email: 'azureprivatedns-host.microsoft.com',
        serialNumber: 1,
        refreshTime: 3600,
        retryTime: 300,
        expireTime: 2419200,
        minimumTtl: 10,
      },
    },
  });
}

/** Labels of 1 to 63 characters; with the zone's name no longer than a domain name. @throws ArmError 400 BadRequest */
function checkSetName(name: string, zone: string): void {
  const labels = name === '@' ? [] : name.split('.');
  const sound = labels.every((label, i) => (i === 0 && label === '*') || /^[\w-]{1,63}$/.test(label));
  if (sound && `${name}.${zone}`.length <= 253) return;
  throw badRequest(
    `The domain name '${name}.${zone}' is invalid. The provided record set relative name '${name}' is invalid.`,
  );
}

/** An alias stands alone under its name, and never at the zone's own. @throws ArmError 400 BadRequest */
function checkAlias(call: ArmCall, kind: string): void {
  const { id, name } = call.path;
  if (kind === 'CNAME' && name === '@') throw badRequest('A CNAME record set cannot be created at the apex of a zone.');
  const others = recordSetsOf(call.world, zoneIdOf(id)).filter(
    (one) => one.name.toLowerCase() === name.toLowerCase() && kindOf(one) !== kind,
  );
  const clash = others.find((one) => kind === 'CNAME' || kindOf(one) === 'CNAME');
  if (!clash) return;
  throw badRequest(
    `The record set '${name}' of type ${kind} cannot coexist with the record set of type ${kindOf(clash)} of the same ` +
      'name: a CNAME record set stands alone.',
  );
}

/** @throws ArmError 400 BadRequest */
function checkRecords(kind: string, records: unknown): void {
  if (!Array.isArray(records)) return;
  if (records.length > MOST_RECORDS)
    throw badRequest(`A record set has ${MOST_RECORDS} records at most, not ${records.length}.`);
  if (kind !== 'A') return;
  for (const { ipv4Address } of records as { ipv4Address?: string }[]) {
    if (parseAddress(ipv4Address ?? '') === undefined)
      throw badRequest(`The value '${ipv4Address}' is not a valid IPv4 address.`);
  }
}

function write(call: ArmCall, existing: ArmResource | undefined, given: Record<string, unknown>): ArmReply {
  const { world, path } = call;
  const kind = kindOf(path);
  const zone = path.id.split('/').at(-3)!;
  if (!existing) checkSetName(path.name, zone);
  const ttl = required(given.ttl, 'properties.ttl');
  if (!Number.isInteger(ttl) || Number(ttl) < 1 || Number(ttl) > MAX_TTL) {
    throw badRequest(`The TTL '${String(ttl)}' is invalid: it is a number of seconds from 1 to ${MAX_TTL}.`);
  }
  if (kind === 'SOA' && path.name !== '@') throw badRequest("The SOA record set is named '@'.");
  checkAlias(call, kind);
  const property = kinds[kind]!;
  const records = given[property] ?? (property.endsWith('s') ? [] : undefined);
  checkRecords(kind, records);
  world.store.put({
    ...proxy(call),
    etag: zoneEtag(world),
    properties: {
      ...(given.metadata !== undefined && { metadata: given.metadata }),
      ttl,
      fqdn: path.name === '@' ? `${zone}.` : `${path.name}.${zone}.`,
      isAutoRegistered: false,
      ...(records !== undefined && { [property]: records }),
    },
  });
  return { status: existing ? 200 : 201 };
}

/** `$recordsetnamesuffix` chooses by the end of the name. */
function bySuffix(call: ArmCall, sets: ArmResource[]): ArmResource[] {
  const suffix = (call.query.get('$recordsetnamesuffix') ?? '').toLowerCase();
  return sets.filter(({ name }) => name.toLowerCase().endsWith(suffix));
}

const parentOf = ({ path }: ArmCall) => path.id.replace(/\/[^/]+$/, '');

/** Microsoft.Network/privateDnsZones/{A, AAAA, CNAME, …}. */
export const recordSets: ResourceType[] = Object.keys(kinds).map((kind) => ({
  type: typeOf(kind),
  list: (call) => bySuffix(call, recordSetsOf(call.world, parentOf(call), kind)),
  put: (call, existing) => write(call, existing, required(bodyOf(call).properties, 'properties')),
  patch: (call, existing) => write(call, existing, { ...existing.properties, ...bodyOf(call).properties }),
  delete(call, existing) {
    if (kind === 'SOA') throw badRequest('The SOA record set of a zone cannot be deleted.');
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
}));

/** GET …/privateDnsZones/{zone}/ALL: the record sets of every kind. */
export const allRecordSets: ResourceType = {
  type: typeOf('ALL'),
  list: (call) => bySuffix(call, recordSetsOf(call.world, parentOf(call))),
};
