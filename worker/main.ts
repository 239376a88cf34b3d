/**
 * The program of a worker machine: a set of files (Node, this program, the native hash) that bootstrap.sh fetches,
 * checks and starts. It reaches its queues, the repository, the vault and disk export URLs, and never ARM.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { appendLog } from '../azure/appendLog.ts';
import { blobStore } from '../azure/blobStore.ts';
import { managedIdentity } from '../azure/credential.ts';
import { diskReader, diskWriter } from '../azure/diskData.ts';
import { addressesOf, privateFetch } from '../azure/hostNames.ts';
import { keyWrapper, vaultOf } from '../azure/keys.ts';
import { messageQueue } from '../azure/queues.ts';
import { setSecret } from '../azure/secrets.ts';
import { errorInfo } from '../model/errors.ts';
import { mailboxEvents } from './events.ts';
import type { World } from './jobs/context.ts';
import { runJob } from './jobs/runJob.ts';
import { workerLog } from './log.ts';
import { timing, workerLoop } from './loop.ts';
import { repositories } from './repositories.ts';
import { readWorkerSettings } from './settings.ts';

const settings = readWorkerSettings(process.env);
const attempt = settings.STRONGROOM_ATTEMPT;
const key = settings.STRONGROOM_MESSAGE_KEY;
const credential = managedIdentity(settings.STRONGROOM_CLIENT_ID);
const shipped = appendLog(`${settings.STRONGROOM_LOGS_URL}/${attempt}.log`, credential);
const log = workerLog(attempt, [process.stdout, shipped.stream]);

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(new Error(name)));

const now = () => new Date().toISOString();
const network = settings.STRONGROOM_NETWORK;
const diskFetch = network === 'private' ? privateFetch(addressesOf) : undefined;
const store = (url: string) => blobStore(url, credential);
const wrapper = (keyId: string) => keyWrapper(keyId, credential);
const world: World = {
  network,
  addressesOf,
  store,
  wrapper,
  repositories: repositories({
    store,
    wrapper,
    now,
    escrow: (keyId, repositoryId, recoveryKey) =>
      setSecret(vaultOf(keyId), `strongroom-recovery-${repositoryId}`, recoveryKey, credential),
    warn: (warning) => log.warn({ error: errorInfo(warning) }, 'the repository is damaged; the backup goes on'),
  }),
  reader: (sas) => diskReader(sas, diskFetch),
  writer: (sas) => diskWriter(sas, diskFetch),
  random: randomBytes,
  now,
};

try {
  log.info({ version: settings.STRONGROOM_VERSION, node: process.version }, 'worker started');
  const mailbox = messageQueue(settings.STRONGROOM_MAILBOX_URL, credential);
  const outcome = await workerLoop({
    attempt,
    key,
    inbox: messageQueue(settings.STRONGROOM_INBOX_URL, credential),
    events: mailboxEvents({ mailbox, attempt, key, retry: 5_000, log }),
    version: settings.STRONGROOM_VERSION,
    hostname: hostname(),
    world,
    runJob,
    log,
    timing,
    signal: stop.signal,
  });
  log.info({ outcome }, 'worker ends');
} catch (error) {
  log.fatal({ error: errorInfo(error) }, 'worker failed');
  process.exitCode = 1;
} finally {
  await world.repositories.close();
  await shipped.close();
}
