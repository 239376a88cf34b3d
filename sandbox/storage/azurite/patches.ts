import { createHash } from 'node:crypto';
import { accountKeys } from '../accountKeys.ts';
import { patchBlobs } from './blobs/index.ts';
import { patchCopySources } from './copySources.ts';
import { createCrc64 } from '../../core/crc64.ts';
import { patchDelegation } from './delegation.ts';
import { azurite, load, loadAll } from './load.ts';
import { persistLoki } from './persistence.ts';
import { exchange } from './rules.ts';

/** What the sandbox changes in Azurite 3.37, in the process that runs it, before its servers are made. */
export function patchAzurite(seed: string): void {
  persistLoki(azurite('lokijs') as Parameters<typeof persistLoki>[0]);
  acceptAnyAccount(seed);
  patchDelegation(seed);
  patchBlobs();
  patchCopySources();
  takeLoopbackForHttps();
  findTablesOfTransactions();
  answerAsAzure();
  speedUpChecksums();
  leaveFlushingToTheSystem();
}

interface Request {
  getHeader(name: string): string | undefined;
}
interface Class<T> {
  prototype: T;
}

/** Azurite knows a fixed list of accounts; here the front decides which exist. */
function acceptAnyAccount(seed: string): void {
  const store = load<Class<{ getAccount(name: string): unknown }>>('common/AccountDataStore');
  store.prototype.getAccount = (name) => ({ name, ...accountKeys(seed, name, exchange().rules.keyGenerations) });
}

/** Azurite takes bearer tokens over HTTPS only. Callers did speak TLS, up to the edge; a second layer would only cost. */
function takeLoopbackForHttps(): void {
  for (const service of ['blob', 'queue', 'table']) {
    const adapter = load<Class<{ getProtocol(): string }>>(`${service}/generated/ExpressRequestAdapter`);
    adapter.prototype.getProtocol = () => 'https';
  }
}

/** In the URLs of a transaction Azurite looks for the table behind the account; in production names it stands first. */
function findTablesOfTransactions(): void {
  type Serialization = { extractPath(url: string): RegExpMatchArray | null };
  const { BatchSerialization } = loadAll('table/batch/BatchSerialization');
  (BatchSerialization as Class<Serialization>).prototype.extractPath = (url) => /^https?:\/\/[^/]+\/(\w+)/.exec(url);
}

/** A wrong account key and a wrong or expired SAS are 403 AuthenticationFailed in Azure ("Common REST API error codes"). */
function answerAsAzure(): void {
  type Validate = (request: Request, context: unknown) => Promise<boolean | undefined>;
  for (const service of ['Blob', 'Queue', 'Table']) {
    const folder = service.toLowerCase();
    const tokens = load<Class<{ validate: Validate }>>(
      `${folder}/authentication/${service}TokenAuthenticator`,
    ).prototype;
    const validate = tokens.validate;
    tokens.validate = function (request, context) {
      const isToken = request.getHeader('authorization')?.startsWith('Bearer') ?? false;
      if (!isToken) return Promise.resolve(undefined);
      // Users cannot set a container's public access with a token; the resource provider does so for them.
      if (exchange().rules.controlPlane) return Promise.resolve(true);
      return validate.call(this, request, context);
    };
  }
  const detail = 'Signature did not match, or is not valid in the specified time frame.';
  type Factory = Record<
    'getAuthorizationFailure' | 'getAuthenticationFailed',
    (where: unknown, detail: string) => Error
  >;
  for (const folder of ['blob', 'table']) {
    const errors = load<Factory>(`${folder}/errors/StorageErrorFactory`);
    errors.getAuthorizationFailure = (where) => errors.getAuthenticationFailed(where, detail);
  }
}

/** Azurite's own checksums of a request body, with a faster CRC. `force` asks for one that the client did not send. */
function speedUpChecksums(): void {
  type Wanted = { md5?: unknown; crc64?: unknown };
  const utils = loadAll('common/utils/utils');
  utils.computeTransactionalChecksums = async (stream: AsyncIterable<Buffer>, expected: Wanted, force: Wanted = {}) => {
    const md5 = expected.md5 !== undefined || force.md5 ? createHash('md5') : undefined;
    const crc64 = expected.crc64 !== undefined || force.crc64 ? createCrc64() : undefined;
    for await (const chunk of stream) {
      md5?.update(chunk);
      crc64?.update(chunk);
    }
    return { md5: md5 && new Uint8Array(md5.digest()), crc64: crc64?.digest() };
  };
}

/** Azurite waits for the disk after every write. A world need not outlive its machine: the system may write when it likes. */
function leaveFlushingToTheSystem(): void {
  const fs = azurite('node:fs') as { fdatasync(descriptor: number, done: (error: null) => void): void };
  fs.fdatasync = (_descriptor, done) => process.nextTick(done, null);
}
