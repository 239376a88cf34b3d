import { z } from 'zod';
import { orderedMap } from '../flow.ts';
import { readBadMark } from '../format/badMark.ts';
import type { BadMark } from '../format/badMark.ts';
import { readCheckedText } from '../format/checkedText.ts';
import { isCode } from '../format/damage.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import type { Run } from './run.ts';

const AHEAD = 8;

const ownSchema = z.object({ repository: z.string() });

/** An object, or undefined when it went after it was listed. */
export async function getIfThere(
  store: ObjectStore,
  name: string,
  signal?: AbortSignal,
): Promise<{ data: Buffer; info: ObjectInfo } | undefined> {
  try {
    return await store.get(name, undefined, signal);
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/**
 * Registrations, marks, locks and checks are whole, and this repository's.
 * @returns the bad marks
 */
export async function checkTexts(
  { store, inventory: { names }, findings, tick, signal }: Run,
  repository: string,
): Promise<BadMark[]> {
  const marks: BadMark[] = [];
  const objects = orderedMap(
    [...names.writers, ...names.marks, ...names.bad, ...names.locks, ...names.checks],
    AHEAD,
    async (name, inner) => ({ name, found: await getIfThere(store, name, inner) }),
    signal,
  );
  for await (const { name, found } of objects) {
    tick();
    if (!found) continue;
    const document = ownSchema.safeParse(readCheckedText(found.data));
    if (!document.success) findings.problem(name, 'is altered or truncated');
    else if (document.data.repository !== repository)
      findings.problem(name, `is of repository ${document.data.repository}`);
    else if (name.startsWith('bad/')) {
      const mark = readBadMark(found.data);
      if (mark) marks.push(mark);
      else findings.problem(name, 'is no bad mark of version 1');
    }
  }
  return marks;
}
