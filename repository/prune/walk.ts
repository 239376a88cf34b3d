import { packName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { packKey } from '../format/marks.ts';
import type { PackKey } from '../format/marks.ts';
import type { Ref } from '../format/pack.ts';
import type { MapReader } from '../read/mapReader.ts';
import { LiveParts } from './liveParts.ts';
import type { MovedParts } from './movedParts.ts';

const PAGES_AHEAD = 16;

/** What points need. */
export interface Reach {
  parts: LiveParts;
  /** Packs whose forwards lead to parts. */
  forwarded: Set<PackKey>;
  /** Packs that points or pages name, wherever their parts are now. */
  named: Set<PackKey>;
  /** Names of packs that are needed and not in the store. */
  missing: Set<string>;
}

export const nothingReached = (): Reach => ({
  parts: new LiveParts(),
  forwarded: new Set(),
  named: new Set(),
  missing: new Set(),
});

export interface RootPage {
  root: Ref;
  /** Of the root page. */
  level: number;
}

/**
 * Walks maps and notes every part that they need, each page once: `reach` remembers pages by their place.
 * @param known what others need already: pages in it are not walked again
 * @param onPage told of each page that was read
 * @throws REPOSITORY_DAMAGED when a page cannot be read: what it needs is not known
 */
export async function walkMaps(
  { maps, moved }: { maps: MapReader; moved: MovedParts },
  roots: readonly RootPage[],
  reach: Reach,
  { known, onPage, signal }: { known?: Reach; onPage?(): void; signal?: AbortSignal } = {},
): Promise<void> {
  /** @returns whether the part was not noted before */
  const note = async (kind: PackKind, ref: Ref): Promise<boolean> => {
    reach.named.add(packKey(kind, ref.pack));
    const finding = moved.find(kind, ref);
    const found = finding instanceof Promise ? await finding : finding;
    if (!found) {
      reach.missing.add(packName(kind, ref.pack));
      return kind === 'maps'; // Reading the page says what is wrong.
    }
    for (const key of found.via) reach.forwarded.add(key);
    let isNew = false;
    for (const { pack, offset, length } of found.places) {
      const key = packKey(kind, pack);
      if (!known?.parts.has(key, offset) && reach.parts.add(key, offset, length)) isNew = true;
    }
    return isNew;
  };

  // A stack goes deep first, so it stays short however wide the maps are.
  const stack = [...roots];
  const visit = async ({ root, level }: RootPage): Promise<void> => {
    if (!(await note('maps', root))) return;
    const page = await maps.page(root, level);
    onPage?.();
    for (const ref of page) {
      if (!ref) continue;
      if (level > 0) stack.push({ root: ref, level: level - 1 });
      else await note('data', ref);
    }
  };
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (failure) throw failure.error;
      for (let next; running.size < PAGES_AHEAD && (next = stack.pop());) {
        const visiting = visit(next)
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .finally(() => running.delete(visiting));
        running.add(visiting);
      }
      if (running.size === 0) return;
      await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
}
