import { orderedMap } from '../flow.ts';
import type { Geometry } from '../format/geometry.ts';
import type { Ref } from '../format/pack.ts';
import type { Page } from '../format/page.ts';
import type { MapReader } from './mapReader.ts';

const PAGES_AHEAD = 4;

/** A page or block of an image that another image of the same size does not have in the same place. */
export interface Difference {
  kind: 'page' | 'block';
  /** The block, or the first one below the page. */
  block: number;
  /** Null: zeros here, and not in the other. */
  ref: Ref | null;
  /** False: the content is equal and only stored elsewhere. */
  changed: boolean;
}

/**
 * Compares two images by their maps, in order of blocks: a page comes before what is below it. Reads only pages that
 * differ, so the work grows with the difference, not with the image.
 * @param base null: an image of zeros
 * @throws REPOSITORY_DAMAGED
 */
export function differences(
  maps: MapReader,
  { fanOut, depth }: Geometry,
  root: Ref | null,
  base: Ref | null,
): AsyncGenerator<Difference> {
  return among(depth, 0, [root], [base]);

  /** @param level 0: the entries are blocks; else pages of the level below */
  async function* among(level: number, start: number, entries: Page, before: Page): AsyncGenerator<Difference> {
    const span = fanOut ** level;
    const pairs = Array.from({ length: Math.max(entries.length, before.length) }, (_, i) => {
      return pairOf(start + i * span, entries[i] ?? null, before[i] ?? null);
    }).filter(({ moved, changed }) => moved || changed);
    if (level === 0) {
      for (const { block, ref, changed } of pairs) yield { kind: 'block', block, ref, changed };
      return;
    }
    const pages = orderedMap(pairs, PAGES_AHEAD, async (pair) => {
      // Pages of equal content refer to the same blocks in the same places.
      const read = (page: Ref | null) => (page && pair.changed ? maps.page(page, level - 1) : []);
      return { ...pair, entries: await read(pair.ref), before: await read(pair.old) };
    });
    for await (const { block, ref, changed, entries, before } of pages) {
      yield { kind: 'page', block, ref, changed };
      yield* among(level - 1, block, entries, before);
    }
  }
}

function pairOf(block: number, ref: Ref | null, old: Ref | null) {
  const moved = ref?.pack !== old?.pack || ref?.offset !== old?.offset;
  return { block, ref, old, moved, changed: ref?.identity !== old?.identity };
}
