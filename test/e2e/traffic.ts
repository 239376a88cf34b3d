import type { ApplianceLayout } from '../../model/site/layout.ts';
import type { Fault, Faults } from '../../sandbox/core/faults.ts';

/** Counts of requests that the local Azure let through, by what they are for. */
export interface Traffic {
  filesUploaded(): number;
  filesDownloaded(): number;
  inboxesCreated(): number;
  jobsFetched(): number;
  eventsSent(): number;
}

/** Counts by faults that only match: they delay nothing and answer nothing. */
export function watchTraffic(faults: Faults, layout: ApplianceLayout): Traffic {
  const count = (fault: Fault) => {
    const watched = faults.add({ ...fault, times: Infinity, delayMs: 0 });
    return () => watched.hits;
  };
  const files = { host: new URL(layout.account.blobUrl).hostname, path: /^\/worker-files\/.+[?&]sig=/ };
  const queues = new URL(layout.account.queueUrl).hostname;
  return {
    filesUploaded: count({ ...files, method: 'PUT' }),
    filesDownloaded: count({ ...files, method: 'GET' }),
    inboxesCreated: count({ host: queues, method: 'PUT', path: /^\/worker-[^/?]+(\?|$)/ }),
    jobsFetched: count({ host: queues, method: 'GET', path: /^\/worker-[^/]+\/messages/ }),
    eventsSent: count({ host: queues, method: 'POST', path: new RegExp(`^/${layout.mailbox}/messages`) }),
  };
}
