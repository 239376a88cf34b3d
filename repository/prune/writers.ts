import { z } from 'zod';
import { readCheckedText } from '../format/checkedText.ts';
import { isCode } from '../format/damage.ts';
import { PREFIXES } from '../format/layout.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { LEASE_MS } from '../write/registration.ts';

const registrationSchema = z.object({ began: z.string().nullable(), state: z.enum(['live', 'closed']) });

/**
 * Takes away the registrations that ended or lapsed, so that a writer that comes back late finds itself lapsed.
 * @param own the caller's registration, left alone
 * @param now by the store's clock
 * @param remove false: only looks
 * @returns when the oldest writer that is at work began, by the store's clock; Infinity when there is none
 */
export async function oldestWriter(
  store: ObjectStore,
  { own, now, remove }: { own?: string; now: number; remove: boolean },
): Promise<number> {
  let oldest = Infinity;
  for await (const info of store.list(PREFIXES.writers)) {
    if (info.name === own) continue;
    const began = await beganOf(store, info, now, remove);
    oldest = Math.min(oldest, began);
  }
  return oldest;
}

async function beganOf(store: ObjectStore, listed: ObjectInfo, now: number, remove: boolean): Promise<number> {
  const found = await store.get(listed.name).catch((error: unknown) => {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  if (!found) return Infinity;
  const { info, data } = found;
  const registration = registrationSchema.safeParse(readCheckedText(data)).data;
  const lapsed = now - Date.parse(info.modified) >= LEASE_MS;
  if (registration?.state === 'closed' || lapsed) {
    if (!remove) return Infinity;
    try {
      await store.delete(info.name, { ifMatch: info.etag });
      return Infinity;
    } catch (error) {
      if (!isCode(error, 'ALREADY_EXISTS')) throw error;
      return beganOf(store, listed, now, remove); // It was renewed in between, or another prune was faster.
    }
  }
  if (!registration) return 0; // Damaged, and perhaps alive: it may have begun at any time.
  return Date.parse(registration.began ?? info.modified);
}
