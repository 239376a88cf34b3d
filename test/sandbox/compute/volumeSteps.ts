/** What a writer does to volumes, step by step: the same for the process that is killed and for the one that checks. */
export const VOLUME_SIZE = 2 ** 20;

export type Step =
  | { kind: 'write'; key: string; offset: number; length: number; fill: number }
  | { kind: 'clear'; key: string; offset: number; length: number }
  | { kind: 'copy'; from: string; to: string }
  | { kind: 'delete'; key: string };

const KEYS = ['a', 'b', 'c', 'd'];

/** Step `index` of a seed; `a` is never deleted or copied over. */
export function stepAt(seed: number, index: number): Step {
  const random = generator(seed * 1_000_003 + index);
  const below = (n: number) => Math.floor(random() * n);
  const key = KEYS[below(KEYS.length)]!;
  const kind = below(20);
  if (kind === 0) return { kind: 'delete', key: KEYS[1 + below(3)]! };
  if (kind <= 3) return { kind: 'copy', from: key, to: KEYS[1 + below(3)]! };
  if (kind <= 6) return { kind: 'clear', key, offset: below(1024) * 512, length: (1 + below(1000)) * 512 };
  const offset = below(VOLUME_SIZE - 1);
  return {
    kind: 'write',
    key,
    offset,
    length: 1 + below(Math.min(20_000, VOLUME_SIZE - offset)),
    fill: 1 + below(255),
  };
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
