import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BlobServiceClient,
  BlockBlobClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
} from '@azure/storage-blob';
import { StrongroomError } from '../model/errors.ts';
import type { TokenCredential } from './credential.ts';
import { storageCall, storageError } from './storageErrors.ts';

/** One file of the worker. Checksums are lower-case hexadecimal. */
export interface WorkerFile {
  name: string;
  size: number;
  md5: string;
  sha256: string;
  executable: boolean;
}

/** The worker's files as built; `version` names their content. */
export interface WorkerManifest {
  version: string;
  files: WorkerFile[];
}

/** What is shipped beside the appliance's program. */
export interface WorkerPackage {
  folder: string;
  manifest: WorkerManifest;
  /** The script that Run Command runs. */
  bootstrap: string;
}

/** Clocks differ a little: a SAS is valid from before it was made. */
const SKEW_MS = 5 * 60_000;
/** Time for an upload of the whole set. */
const UPLOAD_MS = 30 * 60_000;
/** Time for a worker to start and fetch its files. */
const DOWNLOAD_MS = 60 * 60_000;

export async function readWorkerPackage(folder: string): Promise<WorkerPackage> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as WorkerManifest;
  return { folder, manifest, bootstrap: await readFile(join(folder, 'bootstrap.sh'), 'utf8') };
}

/** The worker's files in a site's tagged account. */
export interface WorkerFiles {
  /** Where the set of a version lies; file names follow after a slash. */
  url(version: string): string;
  /**
   * Uploads, through a user-delegation SAS, the files whose stored MD5 and SHA-256 differ from the manifest's or that are
   * not there. Returns how many were uploaded.
   */
  ensure(pack: WorkerPackage): Promise<number>;
  /** Takes the mark of being whole from the set of a version, so that the next `ensure` uploads it anew. Deletes nothing: no role grants it. */
  discard(manifest: WorkerManifest): Promise<void>;
  /** A SAS that reads the container for an hour, without `?`: a secret. */
  readSas(): Promise<string>;
}

/** @param accountUrl `https://{account}.blob.core.windows.net` */
export function createWorkerFiles(accountUrl: string, containerName: string, credential: TokenCredential): WorkerFiles {
  const service = new BlobServiceClient(accountUrl, credential);
  const account = new URL(accountUrl).hostname.split('.')[0]!;
  const url = (version: string) => `${accountUrl}/${containerName}/${version}`;

  async function sas(permissions: string, lifetimeMs: number): Promise<string> {
    const startsOn = new Date(Date.now() - SKEW_MS);
    const expiresOn = new Date(Date.now() + lifetimeMs);
    return storageCall(`delegate access to ${accountUrl}/${containerName}`, async () => {
      const key = await service.getUserDelegationKey(startsOn, expiresOn);
      const scope = { containerName, permissions: ContainerSASPermissions.parse(permissions) };
      const times = { startsOn, expiresOn, protocol: SASProtocol.Https };
      return generateBlobSASQueryParameters({ ...scope, ...times }, key, account).toString();
    });
  }

  return {
    url,

    async discard({ version, files }) {
      const container = service.getContainerClient(containerName);
      for (const { name } of files) {
        const blob = container.getBlobClient(`${version}/${name}`);
        await storageCall(`mark ${blob.url}`, () => blob.setMetadata({})).catch(ignoreAbsent);
      }
    },

    readSas: () => sas('r', DOWNLOAD_MS),

    async ensure({ folder, manifest }) {
      await createContainer(service, containerName);
      const query = await sas('rcw', UPLOAD_MS);
      let uploaded = 0;
      for (const file of manifest.files) {
        const blobUrl = `${url(manifest.version)}/${file.name}`;
        const blob = new BlockBlobClient(`${blobUrl}?${query}`);
        if (await isStored(blob, blobUrl, file)) continue;
        await storageCall(`upload ${blobUrl}`, () =>
          blob.upload(() => createReadStream(join(folder, file.name)), file.size, {
            metadata: { sha256: file.sha256 },
            // Of one Put Blob, Azure checks this against what arrived and keeps it.
            transactionalContentMD5: Buffer.from(file.md5, 'hex'),
            blobHTTPHeaders: {
              blobContentMD5: Buffer.from(file.md5, 'hex'),
              blobContentType: 'application/octet-stream',
            },
          }),
        );
        uploaded++;
      }
      return uploaded;
    },
  };
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof StrongroomError && error.code === 'NOT_FOUND')) throw error;
}

async function createContainer(service: BlobServiceClient, name: string): Promise<void> {
  await storageCall(`create container ${name}`, () => service.getContainerClient(name).createIfNotExists());
}

async function isStored(blob: BlockBlobClient, blobUrl: string, file: WorkerFile): Promise<boolean> {
  try {
    const { contentMD5, contentLength, metadata } = await blob.getProperties();
    const md5 = Buffer.from(contentMD5 ?? []).toString('hex');
    return md5 === file.md5 && metadata?.['sha256'] === file.sha256 && contentLength === file.size;
  } catch (error) {
    const failure = storageError(error, `look at ${blobUrl}`);
    if (failure instanceof StrongroomError && failure.code === 'NOT_FOUND') return false;
    throw failure;
  }
}
