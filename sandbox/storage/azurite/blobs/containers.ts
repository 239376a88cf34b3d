import { exchange } from '../rules.ts';
import { blobRules, blobsOf, containersOf, storageError, unsynced } from './store.ts';
import type { ContainerDoc, Context, Method, Store } from './store.ts';

const DAY_MS = 86_400_000;

/** Where deleted containers lie, with all that is in them: no account can have that name. */
const deletedIn = (account: string, version: string) => `${account}/deleted/${version}`;

type DeleteContainer = (
  this: Store,
  context: Context,
  account: string,
  container: string,
  options?: object,
) => Promise<void>;
type ListContainers = (
  this: Store,
  context: Context,
  account: string,
  prefix: string,
  maxResults: number,
  marker: string,
) => Promise<[ContainerDoc[], string | undefined]>;

interface DeletedContainer extends ContainerDoc {
  deletion: { at: number; until: number };
}

/** Makes Delete Container obey immutability and keep the container where soft delete is on. */
export function patchContainers(store: Store): void {
  const deleteForGood = store.deleteContainer as unknown as DeleteContainer;
  const deleteContainer: DeleteContainer = async function (...args) {
    const [context, account, container] = args;
    refuseImmutable(context);
    const { containerRetentionDays } = blobRules();
    const doc = containersOf(this).findOne({ accountName: account, name: container });
    const where = [container, `${container}/past`];
    const blobs = where.flatMap((containerName) => blobsOf(this).find({ accountName: account, containerName }));
    const keptDoc = doc && { ...doc, properties: { ...doc.properties } };
    const keptBlobs = blobs.map((blob) => ({ ...blob }));
    await deleteForGood.apply(this, args);
    blobsOf(this).findAndRemove({ accountName: account, containerName: where[1] });
    if (containerRetentionDays === undefined || !keptDoc) return;
    const at = Date.now();
    const version = at.toString(36).toUpperCase().padStart(12, '0');
    const accountName = deletedIn(account, version);
    const deletion = { at, until: at + containerRetentionDays * DAY_MS };
    containersOf(this).insert(unsynced({ ...keptDoc, accountName, version, deletion }));
    for (const blob of keptBlobs) blobsOf(this).insert(unsynced({ ...blob, accountName }));
  };
  store.deleteContainer = deleteContainer as unknown as Method;

  const listLive = store.listContainers as unknown as ListContainers;
  const listContainers: ListContainers = async function (...args) {
    const [, account, prefix, maxResults, marker] = args;
    if (exchange().rules.reset) forget(this, account);
    const [live, next] = await listLive.apply(this, args);
    const included = (exchange().query.get('include') ?? '').toLowerCase().split(',');
    if (!included.includes('deleted')) return [live, next];
    const deleted = deletedContainers(this, account)
      .filter(({ name }) => name.startsWith(prefix) && name > marker && (next === undefined || name <= next))
      .map(({ deletion, ...container }) => ({
        ...container,
        deleted: true,
        properties: {
          ...container.properties,
          deletedTime: new Date(deletion.at),
          remainingRetentionDays: Math.max(0, Math.ceil((deletion.until - Date.now()) / DAY_MS) - 1),
        },
      }));
    const all = [...live, ...deleted].sort((a, b) => (a.name < b.name ? -1 : 1));
    return [all.slice(0, maxResults), all.length > maxResults ? all[maxResults - 1]!.name : next];
  };
  store.listContainers = listContainers as unknown as Method;
}

/** Deleted containers of an account; those whose retention has ended go for good on the way. */
function deletedContainers(store: Store, account: string): DeletedContainer[] {
  const mark = deletedIn(account, '');
  const all = containersOf(store).find({ accountName: { $gt: mark } }) as DeletedContainer[];
  return all.filter((doc) => {
    if (!doc.accountName.startsWith(mark)) return false;
    if (Date.now() < doc.deletion.until) return true;
    removeForGood(store, doc);
    return false;
  });
}

function forget(store: Store, account: string): void {
  for (const doc of deletedContainers(store, account)) removeForGood(store, doc);
}

function removeForGood(store: Store, doc: DeletedContainer): void {
  const { accountName } = doc;
  containersOf(store).remove(doc);
  blobsOf(store).findAndRemove({ accountName });
}

/** Restore Container. @throws 404, or 409 where a container of that name exists */
export function restoreContainer(
  store: Store,
  context: Context,
  account: string,
  wanted: { name: string; version: string },
) {
  const { name, version } = wanted;
  const doc = deletedContainers(store, account).find((deleted) => deleted.name === name && deleted.version === version);
  if (!doc) throw storageError(context, 404, 'ContainerNotFound', 'The specified container does not exist.');
  if (containersOf(store).findOne({ accountName: account, name })) {
    throw storageError(context, 409, 'ContainerAlreadyExists', 'The specified container already exists.');
  }
  const { accountName } = doc;
  for (const blob of blobsOf(store).find({ accountName })) {
    blob.accountName = account;
    blobsOf(store).update(blob);
  }
  const { deletion: _deletion, version: _version, ...restored } = doc;
  containersOf(store).remove(doc);
  containersOf(store).insert(unsynced({ ...restored, accountName: account }));
}

/** What immutability protects is deleted through the resource provider only, which looks whether it is empty. */
function refuseImmutable(context: Context): void {
  const { rules } = exchange();
  const container = rules.blob!.container;
  if (!container || rules.controlPlane) return;
  const refuse = (code: string, what: string) =>
    storageError(context, 409, code, `The requested operation is not allowed as the container has ${what}.`);
  if (container.versionLevel) {
    throw refuse('ContainerImmutableStorageWithVersioningEnabled', 'a immutable storage with versioning enabled');
  }
  if (container.legalHold) throw refuse('ContainerHasLegalHold', 'one or more legal holds');
  if (!container.policy) return;
  const state = container.policy.locked ? 'Locked' : 'Unlocked';
  throw refuse(`ContainerImmutabilityPolicy${state}`, `a ${state.toLowerCase()} immutability policy`);
}
