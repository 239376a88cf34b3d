import type { PackKey, StoredMark } from '../format/marks.ts';
import type { ObjectInfo } from '../ports.ts';
import { MARK_MS, SKEW_MS } from './delays.ts';
import { isLocked } from './survey.ts';
import type { Survey } from './survey.ts';
import type { Reach } from './walk.ts';

/** Bytes that a pack has beside its parts: head, foot, and at most so many in its directory for each part. */
const PACK_BYTES = 32 + 40 + 17;
const DIRECTORY_ENTRY_BYTES = 20;

export interface Marked {
  key: PackKey;
  mark: StoredMark;
}

export interface Plan {
  /** Marks of packs that are needed after all, or are gone. */
  unmark: Marked[];
  /** Marks that begin to count anew: what they are about was needed until now. */
  renew: Marked[];
  mark: PackKey[];
  /** Marks whose time has come, and what goes with each. */
  due: (Marked & { objects: ObjectInfo[] })[];
  /** Packs to copy what is needed of, oldest first. */
  repack: PackKey[];
  /** Objects that nobody needs and that need no mark. */
  strays: ObjectInfo[];
  /** For the result. */
  kept: number;
  waiting: PackKey[];
  locked: number;
  /** When the first mark that waits becomes due; Infinity when none waits. */
  nextDue: number;
}

/**
 * Decides what becomes of each pack. Pure.
 * @param needed by the points that stay
 * @param doomed needed besides by the points that this run deletes; 'unknown' when their maps cannot be read
 * @param repackBelow the share under which a pack is copied
 */
export function planPrune(survey: Survey, needed: Reach, doomed: Reach | 'unknown', repackBelow: number): Plan {
  const { now, oldestBegan, marks, packs, forwards, bad } = survey;
  const plan: Plan = {
    unmark: [],
    renew: [],
    mark: [],
    due: [],
    repack: [],
    strays: [...survey.strays],
    kept: 0,
    waiting: [],
    locked: 0,
    nextDue: Infinity,
  };
  const isOld = (info: ObjectInfo): boolean => Date.parse(info.modified) + SKEW_MS < oldestBegan;
  const hasLock = (key: PackKey): boolean => objectsOf(key).some((info) => isLocked(info, now));
  /** Whether the pack goes, or where there is none its forwards. */
  const isGarbage = (key: PackKey, reaches: Reach[]): boolean =>
    packs.has(key)
      ? reaches.every(({ parts }) => parts.of(key).count === 0)
      : forwards.has(key) && !reaches.some(({ forwarded }) => forwarded.has(key));
  const wasNeeded = (key: PackKey): boolean => doomed === 'unknown' || !isGarbage(key, [needed, doomed]);

  for (const key of new Set([...packs.keys(), ...forwards.keys(), ...marks.keys()])) {
    const mark = marks.get(key);
    const pack = packs.get(key);
    if (!isGarbage(key, [needed])) {
      if (mark) plan.unmark.push({ key, mark });
      if (pack) plan.kept++;
      if (pack && mark?.state !== 'deleting' && isOld(pack) && isSparse(pack, key)) plan.repack.push(key);
    } else if (mark?.state === 'deleting') {
      if (hasLock(key)) plan.waiting.push(key);
      else plan.due.push({ key, mark, objects: objectsOf(key) });
    } else if (mark && wasNeeded(key)) {
      plan.renew.push({ key, mark });
    } else if (mark) {
      const dueAt = Date.parse(mark.info.modified) + MARK_MS;
      const isDue = now >= dueAt && isOld(mark.info);
      if (isDue && mark.state === 'kept') plan.renew.push({ key, mark });
      else if (isDue && !hasLock(key)) plan.due.push({ key, mark, objects: objectsOf(key) });
      else {
        plan.waiting.push(key);
        plan.nextDue = Math.min(plan.nextDue, Math.max(dueAt, now));
      }
    } else if (hasLock(key)) {
      plan.locked++;
    } else if ([...(pack ? [pack] : (forwards.get(key) ?? []))].every(isOld)) {
      plan.mark.push(key);
    } else {
      plan.kept++; // A writer that is at work may be about to need it.
    }
  }
  for (const [key, info] of bad) if (!packs.has(key) && !needed.named.has(key)) plan.strays.push(info);
  plan.repack.sort((a, b) => modifiedOf(a) - modifiedOf(b));
  return plan;

  function isSparse(pack: ObjectInfo, key: PackKey): boolean {
    const { count, bytes } = needed.parts.of(key);
    const least = PACK_BYTES + bytes + count * DIRECTORY_ENTRY_BYTES;
    return least < pack.size * repackBelow && !isLocked(pack, now) && !bad.has(key);
  }

  /** What goes with a pack: forwards stay while points need them, those that this run deletes too. The pack comes first. */
  function objectsOf(key: PackKey): ObjectInfo[] {
    const pack = packs.get(key);
    const badMark = bad.get(key);
    const leads = doomed === 'unknown' || [needed, doomed].some(({ forwarded }) => forwarded.has(key));
    const moved = leads ? [] : (forwards.get(key) ?? []);
    return [...(pack ? [pack] : []), ...moved, ...(badMark ? [badMark] : [])];
  }

  function modifiedOf(key: PackKey): number {
    return Date.parse(packs.get(key)?.modified ?? '');
  }
}
