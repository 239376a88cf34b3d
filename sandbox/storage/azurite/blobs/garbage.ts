import { blobsOf } from './store.ts';
import type { BlobDoc, Method, Store } from './store.ts';

/**
 * Azurite removes data that no blob refers to. It asks for all blobs page by page, and a page begins after the last one's
 * name: of blobs of the same name (in other containers, or versions) some would be missed and their data lost. Here it
 * gets all of them at once, after those whose retention has ended are gone.
 */
export function patchGarbageCollection(store: Store): void {
  const listAll = function (this: Store): Promise<[BlobDoc[], undefined]> {
    const now = Date.now();
    for (const doc of blobsOf(this).find({})) {
      const until = doc.past?.deleted?.until;
      if (until !== undefined && until <= now) blobsOf(this).remove(doc);
    }
    return Promise.resolve([blobsOf(this).find({}), undefined]);
  };
  store.listAllBlobs = listAll as Method;
}
