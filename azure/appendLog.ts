import { Writable } from 'node:stream';
import { AppendBlobClient, type StorageSharedKeyCredential } from '@azure/storage-blob';
import type { TokenCredential } from './credential.ts';

/** Lines are gathered for so long, or until there are so many bytes: an append blob takes 50,000 blocks. */
const FLUSH_MS = 5_000;
const FLUSH_BYTES = 256 * 1024;
/** What waits at most while the account does not answer; older lines are then dropped (they are on stdout too). */
const MOST_WAITING = 1024 * 1024;

/** A log that is appended to a blob. Never fails its writer: a log that cannot be shipped stops nothing. */
export interface AppendLog {
  readonly stream: Writable;
  /** Ships what waits; false when that did not work. */
  flush(): Promise<boolean>;
  /** The last flush, and no more after it. */
  close(): Promise<void>;
}

/** @param url `https://{account}.blob.core.windows.net/{container}/{blob}`; an existing blob is continued */
export function appendLog(url: string, credential: TokenCredential | StorageSharedKeyCredential): AppendLog {
  const blob = new AppendBlobClient(url, credential);
  let waiting: Buffer[] = [];
  let bytes = 0;
  let shipping: Promise<boolean> = Promise.resolve(true);

  /**
   * Appends first: who may add blobs and not overwrite them is refused (403) when it creates one that is there, as after
   * a restart.
   */
  async function append(block: Buffer): Promise<void> {
    try {
      await blob.appendBlock(block, block.length);
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
      await blob.createIfNotExists({ blobHTTPHeaders: { blobContentType: 'application/x-ndjson' } });
      await blob.appendBlock(block, block.length);
    }
  }

  async function ship(): Promise<boolean> {
    if (bytes === 0) return true;
    const block = Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
    try {
      await append(block);
      return true;
    } catch {
      if (block.length + bytes <= MOST_WAITING) {
        waiting.unshift(block);
        bytes += block.length;
      }
      return false;
    }
  }
  const flush = () => (shipping = shipping.then(ship));
  const timer = setInterval(() => void flush(), FLUSH_MS).unref();
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      waiting.push(chunk);
      bytes += chunk.length;
      if (bytes >= FLUSH_BYTES) void flush();
      done();
    },
  });
  return {
    stream,
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}
