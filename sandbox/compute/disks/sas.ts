import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
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

/** Where a disk or snapshot is reached: host and path stay the same for its whole life. */
interface Endpoint {
  resourceId: string;
  host: string;
  path: string;
  secret: Buffer;
  grant: Grant | undefined;
  deleted: boolean;
}

/** Shared access signatures on disks and snapshots (beginGetAccess, endGetAccess). One at a time for each. */
export interface DiskSas {
  /** The SAS of a resource, new. An earlier one stops working. */
  grant(resourceId: string, access: Access, seconds: number): Grant;
  /** The SAS in force: neither revoked nor expired. */
  active(resourceId: string): Grant | undefined;
  revoke(resourceId: string): void;
  /** The resource is deleted: its address answers no more. */
  forget(resourceId: string): void;
  /**
   * The resource that a signed URL opens.
   * @throws BlobError 403 AuthenticationFailed, AuthorizationPermissionMismatch; 404 ResourceNotFound
   */
  authorize(url: URL, permission: 'r' | 'w'): string;
}

export const DISK_HOST = /^md-[a-z0-9]+\.z\d+\.blob\.storage\.azure\.net$/;

const SAS_VERSION = '2021-12-02';
const CLOCK_SKEW_MS = 15 * 60 * 1000;

export function createDiskSas(clock: Clock, guid: () => string): DiskSas {
  const byResource = new Map<string, Endpoint>();
  const byHost = new Map<string, Endpoint>();

  const word = () => guid().replaceAll('-', '').slice(0, 12);

  const endpointOf = (resourceId: string): Endpoint => {
    const key = resourceId.toLowerCase();
    let endpoint = byResource.get(key);
    if (!endpoint) {
      const zone = (Number.parseInt(word().slice(0, 4), 16) % 49) + 1;
      endpoint = {
        resourceId: key,
        host: `md-${word()}.z${zone}.blob.storage.azure.net`,
        path: `/${word()}/abcd`,
        secret: randomBytes(32),
        grant: undefined,
        deleted: false,
      };
      byResource.set(key, endpoint);
      byHost.set(endpoint.host, endpoint);
    }
    return endpoint;
  };

  const active = (endpoint: Endpoint | undefined) =>
    endpoint?.grant && endpoint.grant.expires > clock.now() ? endpoint.grant : undefined;

  return {
    grant(resourceId, access, seconds) {
      const endpoint = endpointOf(resourceId);
      endpoint.secret = randomBytes(32);
      const now = clock.now();
      const query = new URLSearchParams({
        sv: SAS_VERSION,
        sr: 'b',
        sk: 'key1',
        st: isoSeconds(now - CLOCK_SKEW_MS),
        se: isoSeconds(now + seconds * 1000),
        sp: access === 'Read' ? 'r' : 'rw',
        spr: 'https',
      });
      query.set('sig', signature(endpoint, query));
      endpoint.grant = {
        access,
        url: `https://${endpoint.host}${endpoint.path}?${query.toString()}`,
        expires: Math.floor((now + seconds * 1000) / 1000) * 1000,
      };
      return endpoint.grant;
    },
    active: (resourceId) => active(byResource.get(resourceId.toLowerCase())),
    revoke(resourceId) {
      const endpoint = byResource.get(resourceId.toLowerCase());
      if (endpoint) endpoint.grant = undefined;
    },
    forget(resourceId) {
      const endpoint = byResource.get(resourceId.toLowerCase());
      if (!endpoint) return;
      endpoint.grant = undefined;
      endpoint.deleted = true;
      byResource.delete(resourceId.toLowerCase());
    },
    authorize(url, permission) {
      const endpoint = byHost.get(url.hostname);
      if (!endpoint || endpoint.deleted || url.pathname !== endpoint.path) {
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

const SIGNED = ['sp', 'st', 'se', 'sk', 'spr', 'sv', 'sr'];

function signature(endpoint: Endpoint, query: URLSearchParams): string {
  const text = [endpoint.host, endpoint.path, ...SIGNED.map((name) => query.get(name) ?? '')].join('\n');
  return createHmac('sha256', endpoint.secret).update(text).digest('base64');
}

function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
