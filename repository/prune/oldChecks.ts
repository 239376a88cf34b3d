import { isCode } from '../format/damage.ts';
import { readCheck } from '../format/check.ts';
import type { Check } from '../format/check.ts';
import { PREFIXES } from '../format/layout.ts';
import { packKey } from '../format/marks.ts';
import type { PackKey } from '../format/marks.ts';
import { orderedMap } from '../flow.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { STRAY_MS } from './delays.ts';

const CHECKS_AHEAD = 4;

/**
 * The checks that say nothing that newer ones do not say: each pack that they name is gone, or a newer check as thorough
 * names it too. Those of the last day stay, because their runs may not be over, and the newest of each kind does: it tells when
 * the last run was.
 */
export async function supersededChecks(
  store: ObjectStore,
  packs: ReadonlyMap<PackKey, unknown>,
  now: number,
): Promise<ObjectInfo[]> {
  const checks: { check: Check; info: ObjectInfo }[] = [];
  const read = (info: ObjectInfo) =>
    store.get(info.name).catch((error: unknown) => {
      if (isCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
  for await (const found of orderedMap(store.list(PREFIXES.checks), CHECKS_AHEAD, read)) {
    const check = found && readCheck(found.data);
    if (check) checks.push({ check, info: found.info });
  }
  const beganOf = ({ check, info }: (typeof checks)[number]): number => Date.parse(check.began ?? info.modified);
  checks.sort((a, b) => beganOf(b) - beganOf(a));

  const named = { decrypted: new Set<PackKey>(), any: new Set<PackKey>() };
  const superseded: ObjectInfo[] = [];
  for (const { check, info } of checks) {
    const before = check.data ? named.decrypted : named.any;
    const keys = (['data', 'maps'] as const)
      .flatMap((kind) => check.packs[kind].map((pack) => packKey(kind, pack)))
      .filter((key) => packs.has(key));
    const saysMore = before.size === 0 || keys.some((key) => !before.has(key));
    if (!saysMore && now - Date.parse(info.modified) >= STRAY_MS) superseded.push(info);
    for (const key of keys) {
      named.any.add(key);
      if (check.data) named.decrypted.add(key);
    }
  }
  return superseded;
}
