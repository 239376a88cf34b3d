import { orderedMap } from '../flow.ts';
import { isCode } from '../format/damage.ts';
import { markName, pointName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { splitPackKey, writeMark } from '../format/marks.ts';
import type { MarkState, PackKey } from '../format/marks.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { mergeIndex } from './indexMerge.ts';
import type { Need } from './look.ts';
import type { Plan } from './plan.ts';
import { repack } from './repack.ts';

const AT_ONCE = 8;

export interface ExecuteContext {
  store: ObjectStore;
  /** UUID of the repository. */
  repository: string;
  secrets: Secrets;
  random(bytes: number): Buffer;
  /** The run's id, for marks. */
  run: string;
  /** Proves that the run was not away for too long. @throws WRITER_LAPSED */
  renew(): Promise<void>;
  /** See {@link mergeIndex}. */
  safeAfter: number;
  packBytes?: number;
  onDeleted?(): void;
  onRepacked?(bytes: number): void;
  signal?: AbortSignal;
}

/** What became of a plan. */
export interface Executed {
  deleted: PackKey[];
  repacked: PackKey[];
  /** Bytes of new packs. */
  repackedBytes: number;
  /** Names of packs that could not be repacked because they are damaged. */
  damaged: string[];
}

/**
 * Carries a plan out. It may stop after any step: what was done is done, a later run goes on with a plan of its own. Of
 * each pack the mark changes hands by its ETag, so no other run and no commit acts on the same state.
 */
export async function execute(context: ExecuteContext, plan: Plan, need: Need): Promise<Executed> {
  const { store, signal } = context;
  const each = <T>(items: Iterable<T>, work: (item: T) => Promise<void>) => inParallel(items, work, signal);
  const setMark = (key: PackKey, state: MarkState, condition: { ifMatch: string } | { ifAbsent: true }) => {
    const { kind, pack } = splitPackKey(key);
    const text = writeMark({ repository: context.repository, pack, kind, plan: context.run, state });
    return unlessChanged(store.put(markName(kind, pack), [text], condition));
  };
  const dropMark = async (key: PackKey, etag: string) => {
    const { kind, pack } = splitPackKey(key);
    await unlessChanged(store.delete(markName(kind, pack), { ifMatch: etag }));
  };

  // Before any point goes: a mark from when a point needed the pack must not count.
  await each(plan.unmark, ({ key, mark }) => dropMark(key, mark.info.etag));
  await each(plan.renew, async ({ key, mark }) => void (await setMark(key, 'marked', { ifMatch: mark.info.etag })));

  await context.renew();
  const deleted: PackKey[] = [];
  await each(plan.due, async ({ key, mark, objects }) => {
    const claimed = mark.state === 'deleting' ? mark.info : await setMark(key, 'deleting', { ifMatch: mark.info.etag });
    if (!claimed) return; // A commit or another run was faster.
    for (const { name } of objects) await store.delete(name);
    await dropMark(key, claimed.etag);
    deleted.push(key);
    context.onDeleted?.();
  });

  await each(need.going, async (id) => {
    await store.delete(pointName(id));
    context.onDeleted?.();
  });

  const executed: Executed = { deleted, repacked: [], repackedBytes: 0, damaged: [] };
  for (const kind of ['data', 'maps'] satisfies PackKind[]) {
    const keys = plan.repack.filter((key) => splitPackKey(key).kind === kind);
    const onStored = (bytes: number) => {
      executed.repackedBytes += bytes;
      context.onRepacked?.(bytes);
    };
    const { done, damaged } = await repack({ ...context, ...need, onStored }, kind, keys);
    executed.repacked.push(...done);
    executed.damaged.push(...damaged);
  }

  await each(
    [...plan.mark, ...executed.repacked],
    async (key) => void (await setMark(key, 'marked', { ifAbsent: true })),
  );

  const gone = new Set(deleted.filter((key) => splitPackKey(key).kind === 'data').map((key) => splitPackKey(key).pack));
  await mergeIndex(context, gone, context.safeAfter);
  await each(plan.strays, async ({ name, etag }) => void (await unlessChanged(store.delete(name, { ifMatch: etag }))));
  return executed;
}

/** Undefined when the object is no more as it was. */
async function unlessChanged<T>(change: Promise<T>): Promise<T | undefined> {
  try {
    return await change;
  } catch (error) {
    if (isCode(error, 'ALREADY_EXISTS')) return undefined;
    throw error;
  }
}

async function inParallel<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  for await (const _ of orderedMap(items, AT_ONCE, work, signal));
}

/** Bytes of the packs among these. */
export function bytesOf(keys: Iterable<PackKey>, packs: ReadonlyMap<PackKey, ObjectInfo>): number {
  let sum = 0;
  for (const key of keys) sum += packs.get(key)?.size ?? 0;
  return sum;
}
