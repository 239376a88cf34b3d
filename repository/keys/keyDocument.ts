import { isDeepStrictEqual } from 'node:util';
import { StrongroomError } from '../../model/errors.ts';
import { readCheckedText, writeCheckedText } from '../format/checkedText.ts';
import type { Config } from '../format/config.ts';
import { isCode } from '../format/damage.ts';
import { keyNames, pointName } from '../format/layout.ts';
import { listPointIds } from '../format/points.ts';
import { readClearPart } from '../format/sealedObject.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { keyDocumentSchema } from './keySlots.ts';
import type { KeyDocument, Slot } from './keySlots.ts';

/** Points whose heads are asked when both key objects are of no use. */
const POINTS_ASKED = 3;
/** Someone else's change between reading and writing is rare: as many in a row are no accident. */
const TRIES = 8;

/** The document's bytes as stored, in the order in which they count: `keys/`, then the heads of the newest points. */
export async function* storedKeyDocuments(store: ObjectStore, config: Config): AsyncGenerator<Buffer> {
  for (const name of keyNames(config.id)) {
    const found = await find(store, name);
    if (found) yield found.data;
  }
  for (const id of (await listPointIds(store)).reverse().slice(0, POINTS_ASKED)) {
    const name = pointName(id);
    const found = await find(store, name);
    if (!found) continue;
    try {
      yield readClearPart('point', name, found.data);
    } catch (error) {
      if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
    }
  }
}

/** The document, or undefined when the bytes are damaged. */
export function readKeyDocument(bytes: Uint8Array): KeyDocument | undefined {
  return keyDocumentSchema.safeParse(readCheckedText(bytes)).data;
}

/** The slots in `keys/`. @param last a document to fall back on when both objects are damaged or missing */
export async function readSlots(store: ObjectStore, config: Config, last: Buffer): Promise<readonly Slot[]> {
  const stored = await Promise.all(keyNames(config.id).map((name) => find(store, name)));
  return slotsOf(config, [...stored.map((found) => found?.data), last]);
}

/** Of the first document that is whole and this repository's. */
function slotsOf(config: Config, documents: readonly (Buffer | undefined)[]): readonly Slot[] {
  const own = documents
    .flatMap((data) => (data && readKeyDocument(data)) ?? [])
    .find((document) => isDeepStrictEqual(document.config, config));
  return own?.slots ?? [];
}

/**
 * Changes the slots of `keys/` (docs/format.md, 12): the first object decides, with a condition, so that of two changes at
 * once none is lost; then its copy follows. After a crash between the two the first object is the document.
 * @param last a document to fall back on when both objects are damaged or missing
 * @param edit gives the new slots; is asked anew when somebody else changed them meanwhile
 * @returns the new document, as stored
 * @throws RESOURCE_BUSY when others change the document again and again, and what `edit` throws
 */
export async function changeSlots(
  store: ObjectStore,
  config: Config,
  last: Buffer,
  edit: (slots: readonly Slot[]) => Slot[],
): Promise<Buffer> {
  const [name, copyName] = keyNames(config.id);
  let tried: Buffer | undefined;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const stored = await find(store, name);
    // Ours after all: only the answer was lost.
    if (tried && stored?.data.equals(tried)) return copied(store, config, tried);
    const copy = await find(store, copyName);
    const slots = slotsOf(config, [stored?.data, copy?.data, last]);
    const next = writeCheckedText({ config, slots: edit(slots) } satisfies KeyDocument);
    if (await replace(store, name, next, stored?.info)) return copied(store, config, next);
    tried = next;
  }
  throw busy(store);
}

/** Makes the copy follow the first object. The copy is looked at first: who writes it later then fails or tries again. */
async function copied(store: ObjectStore, config: Config, document: Buffer): Promise<Buffer> {
  const [name, copyName] = keyNames(config.id);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const copy = await find(store, copyName);
    const stored = await find(store, name);
    // A later change has begun, and brings its own copy.
    if (!stored?.data.equals(document) || copy?.data.equals(document)) return document;
    if (await replace(store, copyName, document, copy?.info)) return document;
  }
  throw busy(store);
}

/** Whether the object was still as it was seen, and therefore is replaced. */
async function replace(store: ObjectStore, name: string, data: Buffer, seen: ObjectInfo | undefined): Promise<boolean> {
  try {
    await store.put(name, [data], seen ? { ifMatch: seen.etag } : { ifAbsent: true });
    return true;
  } catch (error) {
    if (isCode(error, 'ALREADY_EXISTS')) return false;
    throw error;
  }
}

async function find(store: ObjectStore, name: string): Promise<{ data: Buffer; info: ObjectInfo } | undefined> {
  try {
    return await store.get(name);
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

const busy = (store: ObjectStore): StrongroomError =>
  new StrongroomError(
    'RESOURCE_BUSY',
    `Somebody else is changing the key slots of the repository at ${store.location}: list them, and try again.`,
    { retryable: true },
  );
