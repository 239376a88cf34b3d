import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { StoredMap } from '../../core/state.ts';
import type { Clock } from '../../core/types.ts';
import { authenticationFailed, BlobError } from './blobError.ts';

export type Access = 'Read' | 'Write';

export interface Grant {
  access: Access;
  /** The SAS URL: a secret. */
  url: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

/** Where a disk or snapshot is reached. Host and path stay the same while it is exported by the same way. */
export interface Endpoint {
  resourceId: string;
  host: string;
  path: string;
  /** Base64. */
  secret: string;
  grant?: Grant;
}

/** Shared access signatures on disks and snapshots (beginGetAccess, endGetAccess). One at a time for each. */
export interface DiskSas {
  /**
   * The SAS of a resource, new. An earlier one stops working.
   * @param options.host of the disk access that it is exported through; its own when absent
   * @param options.snapshot a time (ISO 8601) that the SAS carries as `snapshot=` and signs: requests without it are refused
   */
  grant(
    resourceId: string,
    access: Access,
    seconds: number,
    options?: { host?: string | undefined; snapshot?: string | undefined },
  ): Grant;
  /** The SAS in force: neither revoked nor expired. */
  active(resourceId: string): Grant | undefined;
  revoke(resourceId: string): void;
  /** The resource is deleted: its address answers no more. */
  forget(resourceId: string): void;
  /** Resources that have an address. */
  resources(): string[];
  /**
   * The resource that a signed URL opens.
   * @throws BlobError 403 AuthenticationFailed, AuthorizationPermissionMismatch; 404 BlobNotFound (deleted),
   * ResourceNotFound (another path)
   */
  authorize(url: URL, permission: 'r' | 'w' | 'd'): string;
}

export const DISK_HOST = /^md-(impexp-)?[a-z0-9]+\.(z\d+\.blob\.storage\.azure\.net|blob\.core\.windows\.net)$/;

/** The hosts of disk accesses. */
const IMPORT_EXPORT = /^md-impexp-/;

const SAS_VERSION = '2021-12-02';
const CLOCK_SKEW_MS = 15 * 60 * 1000;

/** @param endpoints by lower-case resource id: addresses, keys and grants */
export function createDiskSas(clock: Clock, guid: () => string, endpoints: StoredMap<Endpoint>): DiskSas {
  /** Hosts of disk accesses have the containers of many disks. */
  const byAddress = new Map([...endpoints.values()].map(({ host, path, resourceId }) => [host + path, resourceId]));

  const word = () => guid().replaceAll('-', '').slice(0, 12);

  const knows = (host: string) => [...endpoints.values()].some((endpoint) => endpoint.host === host);

  const freeHost = (): string => {
    const zone = (Number.parseInt(word().slice(0, 4), 16) % 49) + 1;
    const host = `md-${word()}.z${zone}.blob.storage.azure.net`;
    return knows(host) ? freeHost() : host;
  };

  const active = (endpoint: Endpoint | undefined) =>
    endpoint?.grant && endpoint.grant.expires > clock.now() ? endpoint.grant : undefined;

  return {
    grant(resourceId, access, seconds, { host: shared, snapshot } = {}) {
      const key = resourceId.toLowerCase();
      const known = endpoints.get(key);
      const stays = known && (shared === undefined ? !IMPORT_EXPORT.test(known.host) : known.host === shared);
      const { host, path } = stays ? known : { host: shared ?? freeHost(), path: `/${word()}/abcd` };
      if (known) byAddress.delete(known.host + known.path);
      const place = { resourceId: key, host, path, secret: randomBytes(32).toString('base64') };
      const now = clock.now();
      const query = new URLSearchParams({
        sv: SAS_VERSION,
        sr: snapshot === undefined ? 'b' : 'bs',
        ...(snapshot !== undefined && { snapshot }),
        sk: 'key1',
        st: isoSeconds(now - CLOCK_SKEW_MS),
        se: isoSeconds(now + seconds * 1000),
        sp: access === 'Read' ? 'r' : 'rw',
        spr: 'https',
      });
      query.set('sig', signature(place, query));
      const grant: Grant = {
        access,
        url: `https://${host}${path}?${query.toString()}`,
        expires: Math.floor((now + seconds * 1000) / 1000) * 1000,
      };
      endpoints.set(key, { ...place, grant });
      byAddress.set(host + path, key);
      return grant;
    },
    active: (resourceId) => active(endpoints.get(resourceId.toLowerCase())),
    revoke(resourceId) {
      const endpoint = endpoints.get(resourceId.toLowerCase());
      if (!endpoint?.grant) return;
      const { grant: _revoked, ...rest } = endpoint;
      endpoints.set(endpoint.resourceId, rest);
    },
    forget(resourceId) {
      const endpoint = endpoints.get(resourceId.toLowerCase());
      if (!endpoint) return;
      endpoints.delete(endpoint.resourceId);
      byAddress.delete(endpoint.host + endpoint.path);
    },
    resources: () => [...endpoints.keys()],
    authorize(url, permission) {
      const endpoint = endpoints.get(byAddress.get(url.hostname + url.pathname) ?? '');
      if (!endpoint) {
        if (!knows(url.hostname)) throw new BlobError(404, 'BlobNotFound', 'The specified blob does not exist.');
        throw new BlobError(404, 'ResourceNotFound', 'The specified resource does not exist.');
      }
      const given = url.searchParams.get('sig');
      if (!given) throw authenticationFailed('Signature fields are missing.');
      // A revoked grant leaves its key behind nowhere: nothing signed with it can match again.
      if (!endpoint.grant || !sameText(given, signature(endpoint, url.searchParams))) {
        throw authenticationFailed('Signature did not match.');
      }
      if (!active(endpoint)) {
        const [start, expiry] = [url.searchParams.get('st'), url.searchParams.get('se')];
        throw authenticationFailed(
          `Signature not valid in the specified time frame: Start [${start}] - Expiry [${expiry}] - Current [${clock.iso()}]`,
        );
      }
      if (!url.searchParams.get('sp')?.includes(permission)) {
        throw new BlobError(
          403,
          'AuthorizationPermissionMismatch',
          'This request is not authorized to perform this operation using this permission.',
        );
      }
      return endpoint.resourceId;
    },
  };
}

/** ISO 8601 to the second, as SAS times are. */
function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

const SIGNED = ['sp', 'st', 'se', 'sk', 'spr', 'sv', 'sr', 'snapshot'];

function signature(endpoint: { host: string; path: string; secret: string }, query: URLSearchParams): string {
  const text = [endpoint.host, endpoint.path, ...SIGNED.map((name) => query.get(name) ?? '')].join('\n');
  return createHmac('sha256', Buffer.from(endpoint.secret, 'base64')).update(text).digest('base64');
}

function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
