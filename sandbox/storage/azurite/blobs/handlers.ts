import { load } from '../load.ts';
import { exchange } from '../rules.ts';
import { restoreContainer } from './containers.ts';
import { undeleteBlob } from './deletes.ts';
import { checkRemovable, requireVersionLevel, setPolicy } from './immutability.ts';
import { descriptionOf } from './reads.ts';
import { blobRules, blobsOf } from './store.ts';
import type { BlobDoc, Context, Store } from './store.ts';

/** What is there of a request's context in Azurite. */
interface HandlerContext extends Context {
  context: { account: string; container: string; blob: string };
}
interface Handler {
  metadataStore: Store;
}
type Operation = (this: Handler, ...args: unknown[]) => Promise<Record<string, unknown>>;
type Operations = Record<string, Operation>;
type After = (response: Record<string, unknown>, handler: Handler, args: unknown[]) => unknown;

const operationsOf = (name: string) => load<{ prototype: Operations }>(`blob/handlers/${name}Handler`).prototype;

/** Changes what operations answer, and adds those that Azurite does not have. */
export function patchHandlers(): void {
  const made: After = () => ({ versionId: exchange().versionId });
  for (const [handler, operations] of Object.entries({
    BlockBlob: ['upload', 'commitBlockList'],
    PageBlob: ['create'],
    AppendBlob: ['create'],
    Blob: ['setMetadata', 'startCopyFromURL', 'copyFromURL'],
  })) {
    for (const operation of operations) extend(handler, operation, made);
  }
  const described: After = async (_response, handler, args) => {
    const [options, context] = args as [{ snapshot?: string }, HandlerContext];
    const doc = await askedFor(handler, context, options.snapshot);
    const { archiveStatus, rehydratePriority } = doc.properties;
    return { ...descriptionOf(doc), archiveStatus, rehydratePriority };
  };
  extend('Blob', 'download', described);
  extend('Blob', 'getProperties', described);
  extend('Blob', 'delete', () => ({ deleteTypePermanent: !exchange().kept }));
  for (const operation of ['getProperties']) {
    extend('Container', operation, () => {
      const { container } = blobRules();
      return {
        hasImmutabilityPolicy: container?.policy !== undefined,
        hasLegalHold: container?.legalHold ?? false,
        isImmutableStorageWithVersioningEnabled: container?.versionLevel ?? false,
      };
    });
  }
  for (const handler of ['Service', 'Container', 'Blob']) {
    extend(handler, 'getAccountInfo', () => ({ skuName: blobRules().skuName, accountKind: blobRules().kind }));
  }
  addImmutability(operationsOf('Blob'));
  addUndelete();
}

function extend(handler: string, operation: string, after: After): void {
  const operations = operationsOf(handler);
  const original = operations[operation]!;
  operations[operation] = async function (...args) {
    const response = await original.apply(this, args);
    return Object.assign(response, await after(response, this, args));
  };
}

function askedFor({ metadataStore }: Handler, context: HandlerContext, snapshot?: string): Promise<BlobDoc> {
  const get = metadataStore.getBlobWithLeaseUpdated as unknown as (...args: unknown[]) => Promise<BlobDoc>;
  const { account, container, blob } = context.context;
  return get.call(metadataStore, account, container, blob, snapshot, context, true, true);
}

function answer(context: Context, statusCode: number, fields: object = {}) {
  const { 'x-ms-client-request-id': clientRequestId, 'x-ms-version': version } = exchange().headers;
  return { statusCode, requestId: context.contextId, date: context.startTime, clientRequestId, version, ...fields };
}

function addImmutability(operations: Operations): void {
  const find = (handler: Handler, context: HandlerContext) =>
    askedFor(handler, context, exchange().query.get('snapshot') ?? undefined);
  operations.setImmutabilityPolicy = async function (options, context) {
    const at = context as HandlerContext;
    const asked = options as { immutabilityPolicyExpiry?: Date; immutabilityPolicyMode?: string };
    const doc = await find(this, at);
    const until = new Date(asked.immutabilityPolicyExpiry ?? Number.NaN);
    const policy = setPolicy(at, doc, until, asked.immutabilityPolicyMode ?? 'Unlocked');
    doc.immutability = policy;
    blobsOf(this.metadataStore).update(doc);
    const mode = policy.mode.toLowerCase();
    return answer(at, 200, { immutabilityPolicyExpiry: policy.until, immutabilityPolicyMode: mode });
  };
  operations.deleteImmutabilityPolicy = async function (_options, context) {
    const at = context as HandlerContext;
    const doc = await find(this, at);
    checkRemovable(at, doc);
    doc.immutability = undefined;
    blobsOf(this.metadataStore).update(doc);
    return answer(at, 200);
  };
  operations.setLegalHold = async function (legalHold, _options, context) {
    const at = context as HandlerContext;
    const doc = await find(this, at);
    requireVersionLevel(at);
    doc.legalHold = legalHold === true ? true : undefined;
    blobsOf(this.metadataStore).update(doc);
    return answer(at, 200, { legalHold });
  };
}

function addUndelete(): void {
  operationsOf('Blob').undelete = async function (_options, context) {
    const at = context as HandlerContext;
    const { account, container, blob } = at.context;
    const check = this.metadataStore.checkContainerExist as unknown as (...args: unknown[]) => Promise<void>;
    await check.call(this.metadataStore, at, account, container);
    await undeleteBlob(this.metadataStore, at, { accountName: account, containerName: container, name: blob });
    return answer(at, 200);
  };
  operationsOf('Container').restore = function (_options, context) {
    const at = context as HandlerContext;
    const { headers } = exchange();
    restoreContainer(this.metadataStore, at, at.context.account, {
      name: String(headers['x-ms-deleted-container-name']),
      version: String(headers['x-ms-deleted-container-version']),
    });
    return Promise.resolve(answer(at, 201));
  };
}
