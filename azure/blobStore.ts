import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ContainerClient, type BlockBlobClient, type StorageSharedKeyCredential } from '@azure/storage-blob';
import { StrongroomError } from '../model/errors.ts';
import type { ObjectInfo, ObjectStore, PutOptions } from '../repository/ports.ts';
import type { TokenCredential } from './credential.ts';
import { storageCall, storageError } from './storageErrors.ts';

/** How often a broken download is resumed where it broke. */
const RESUMES = 5;
const RANGE_NOT_SATISFIABLE = '416';

/**
 * The objects of a blob container. Each is one Put Blob (so Azure checks and keeps its MD5), whole or not there at all.
 * @param url `https://{account}.blob.core.windows.net/{container}`
 */
export function blobStore(url: string, credential: TokenCredential | StorageSharedKeyCredential): ObjectStore {
  const container = new ContainerClient(url, credential);
  const location = url.split('?')[0]!.replace(/\/$/, '');
  const named = (verb: string, name: string) => `${verb} ${location}/${name}`;

  return {
    location,

    async get(name, range, abortSignal) {
      const blob = container.getBlobClient(name);
      try {
        const answer = await blob.download(range?.offset, range?.length, { maxRetryRequests: RESUMES, abortSignal });
        const data = await buffer(answer.readableStreamBody!);
        const total = answer.contentRange?.split('/')[1] ?? answer.contentLength;
        return { data, info: infoOf(name, Number(total), answer) };
      } catch (error) {
        const failure = storageError(error, named('get', name));
        if (failure.details.status !== RANGE_NOT_SATISFIABLE) throw failure;
        return { data: Buffer.alloc(0), info: await this.head(name) }; // the range begins at the end, or past it
      }
    },

    async put(name, parts, options = {}) {
      const blob = container.getBlockBlobClient(name);
      const { size, md5 } = digest(parts);
      let tries = 0;
      const body = () => (tries++, Readable.from(parts, { objectMode: false }));
      try {
        const answer = await blob.upload(body, size, {
          transactionalContentMD5: md5,
          blobHTTPHeaders: { blobContentType: 'application/octet-stream' },
          conditions: conditionsOf(options),
          abortSignal: options.signal,
        });
        return infoOf(name, size, answer);
      } catch (error) {
        const failure = storageError(error, named('put', name));
        const own =
          failure.code === 'ALREADY_EXISTS' && tries > 1 ? await sameContent(blob, name, size, md5) : undefined;
        if (own) return own;
        throw failure;
      }
    },

    head: (name) =>
      storageCall(named('head', name), async () => {
        const properties = await container.getBlobClient(name).getProperties();
        return infoOf(name, properties.contentLength ?? 0, properties);
      }),

    async *list(prefix) {
      try {
        for await (const blob of container.listBlobsFlat({ prefix, includeImmutabilityPolicy: true })) {
          yield infoOf(blob.name, blob.properties.contentLength ?? 0, blob.properties);
        }
      } catch (error) {
        throw storageError(error, named('list', prefix));
      }
    },

    async delete(name, options = {}) {
      try {
        await container.getBlobClient(name).delete({ conditions: conditionsOf(options) });
      } catch (error) {
        const failure = storageError(error, named('delete', name));
        if (failure.code !== 'NOT_FOUND') throw failure;
        // Gone is what was asked for; but then it no longer has the ETag that was asked for.
        if (options.ifMatch) throw new StrongroomError('ALREADY_EXISTS', failure.message, { cause: error });
      }
    },

    /**
     * Set Blob Immutability Policy. It needs version-level immutability, where a delete or overwrite keeps the locked content
     * as a version. The mode stays what the container's policy gave the blob: a locked one can only be extended.
     */
    async lock(name, until) {
      const blob = container.getBlobClient(name);
      try {
        const { immutabilityPolicyExpiresOn: now, immutabilityPolicyMode: mode } = await blob.getProperties();
        const expiriesOn = new Date(until);
        if (now && now >= expiriesOn) return;
        const policyMode = mode?.toLowerCase() === 'locked' ? 'Locked' : 'Unlocked';
        await blob.setImmutabilityPolicy({ expiriesOn, policyMode });
      } catch (error) {
        const failure = storageError(error, named('lock', name));
        if (failure.code !== 'ALREADY_EXISTS') throw failure;
        const { message, details } = failure;
        throw new StrongroomError('AZURE_REFUSED', message, { cause: error, details });
      }
    },
  };
}

function conditionsOf(options: PutOptions) {
  return { ifNoneMatch: options.ifAbsent ? '*' : undefined, ifMatch: options.ifMatch };
}

function digest(parts: readonly Uint8Array[]): { size: number; md5: Uint8Array } {
  const hash = createHash('md5');
  let size = 0;
  for (const part of parts) {
    hash.update(part);
    size += part.length;
  }
  return { size, md5: hash.digest() };
}

/**
 * A try whose answer was lost makes the next one meet its own object. What stands there is ours when it has our bytes;
 * conditional objects hold random nonces, so no other writer's has the same.
 */
async function sameContent(
  blob: BlockBlobClient,
  name: string,
  size: number,
  md5: Uint8Array,
): Promise<ObjectInfo | undefined> {
  const found = await blob.getProperties().catch(() => undefined);
  const same = found?.contentLength === size && found.contentMD5 && Buffer.from(md5).equals(found.contentMD5);
  return same ? infoOf(name, size, found) : undefined;
}

interface BlobFacts {
  etag?: string;
  lastModified?: Date;
  immutabilityPolicyExpiresOn?: Date;
}

/** Listings give ETags bare, headers give them quoted; conditions need the quotes. */
function infoOf(name: string, size: number, from: BlobFacts): ObjectInfo {
  const etag = from.etag ?? '';
  const lockedUntil = from.immutabilityPolicyExpiresOn?.toISOString();
  return {
    name,
    size,
    etag: etag.startsWith('"') ? etag : `"${etag}"`,
    modified: (from.lastModified ?? new Date(0)).toISOString(),
    ...(lockedUntil !== undefined && { lockedUntil }),
  };
}
