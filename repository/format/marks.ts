import { z } from 'zod';
import { orderedMap } from '../flow.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { readCheckedText, writeCheckedText } from './checkedText.ts';
import { isCode } from './damage.ts';
import { markName, PREFIXES } from './layout.ts';
import type { PackKind } from './layout.ts';

const MARKS_AHEAD = 16;

/** Says that prune means to delete a pack, and what became of it (docs/format.md, section 9). */
const markSchema = z.object({
  repository: z.string(),
  pack: z.string(),
  kind: z.enum(['data', 'maps']),
  /** The run of prune that wrote it. */
  plan: z.string(),
  /** `marked`: prune means to delete it. `deleting`: it does. `kept`: a commit needed it. */
  state: z.enum(['marked', 'deleting', 'kept']),
});
export type Mark = z.infer<typeof markSchema>;
export type MarkState = Mark['state'];

export interface StoredMark {
  state: MarkState;
  /** Left out when it is damaged. */
  mark?: Mark;
  info: ObjectInfo;
}

/** A pack by its kind and id, as names of marks, forwards and bad marks begin with it. */
export type PackKey = `${PackKind}-${string}`;
export const packKey = (kind: PackKind, pack: string): PackKey => `${kind}-${pack}`;

export function splitPackKey(key: PackKey): { kind: PackKind; pack: string } {
  const [kind, pack = ''] = key.split('-');
  return { kind: kind as PackKind, pack };
}

/** The pack that an object below a prefix is about: `marks/data-…`, `bad/maps-…`, `moved/data-….…`. */
export function packKeyOf(name: string, prefix: string): PackKey | undefined {
  const [, key] = /^((?:data|maps)-[0-9a-f]{32})(?:$|\.)/.exec(name.slice(prefix.length)) ?? [];
  return key as PackKey | undefined;
}

export const writeMark = (mark: Mark): Buffer => writeCheckedText(mark);

/** The packs that have a mark of any state: one listing, nothing is read. */
export async function listMarkedPacks(store: ObjectStore): Promise<Set<PackKey>> {
  const keys = new Set<PackKey>();
  for await (const { name } of store.list(PREFIXES.marks)) {
    const key = packKeyOf(name, PREFIXES.marks);
    if (key) keys.add(key);
  }
  return keys;
}

/** All marks. */
export async function readMarks(store: ObjectStore): Promise<Map<PackKey, StoredMark>> {
  const marks = new Map<PackKey, StoredMark>();
  const read = async ({ name }: ObjectInfo) => ({ name, mark: await readMark(store, name) });
  for await (const { name, mark } of orderedMap(store.list(PREFIXES.marks), MARKS_AHEAD, read)) {
    const key = packKeyOf(name, PREFIXES.marks);
    if (key && mark) marks.set(key, mark);
  }
  return marks;
}

/** A mark, or undefined when there is none. One that is damaged counts as `kept`: nothing is deleted because of it. */
export async function readMark(store: ObjectStore, name: string): Promise<StoredMark | undefined> {
  try {
    const { data, info } = await store.get(name);
    const mark = markSchema.safeParse(readCheckedText(data));
    return mark.success ? { state: mark.data.state, mark: mark.data, info } : { state: 'kept', info };
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/**
 * Keeps prune from deleting a pack that is about to be needed: its mark, if it has one, becomes `kept`, or so anew. Unmarked
 * says nothing of whether the pack is there: prune takes a mark away when the pack is needed, and when it is gone.
 */
export async function claimMark(store: ObjectStore, key: PackKey): Promise<'kept' | 'unmarked' | 'deleting'> {
  const { kind, pack } = splitPackKey(key);
  const name = markName(kind, pack);
  for (;;) {
    const found = await readMark(store, name);
    if (!found) return 'unmarked';
    if (found.state === 'deleting') return 'deleting';
    const { mark } = found;
    if (!mark) return 'kept';
    try {
      await store.put(name, [writeMark({ ...mark, state: 'kept' })], { ifMatch: found.info.etag });
      return 'kept';
    } catch (error) {
      if (!isCode(error, 'ALREADY_EXISTS')) throw error;
    }
  }
}
