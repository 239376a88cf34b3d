/** Which of the cases that a fault fits it hits, counted from the moment the fault was added. */
export interface Occurrence {
  /** How many fitting cases pass unharmed first. Default 0. */
  after?: number;
  /** How many are hit at most. Default 1; without limit when `every` or `probability` is given. */
  times?: number;
  /** Of the cases after `after`, every so many-eth is hit: 3 hits the third, the sixth, …; 1 hits all. */
  every?: number;
  /** Chance of each case to be hit, 0 to 1, by a generator of its own: the same seed, the same sequence. */
  probability?: number;
  /** Default 0. */
  seed?: number;
}

/** Counts the cases of one fault. */
export interface Counter {
  readonly hits: number;
  /** Counts a fitting case; true: it is hit. */
  next(): boolean;
}

export function createCounter({ after = 0, times, every, probability, seed = 0 }: Occurrence): Counter {
  const limit = times ?? (every === undefined && probability === undefined ? 1 : Infinity);
  const random = generator(seed);
  let seen = 0;
  let hits = 0;
  return {
    get hits() {
      return hits;
    },
    next() {
      seen += 1;
      const counted = seen - after;
      if (counted <= 0 || hits >= limit || counted % (every ?? 1) !== 0) return false;
      if (probability !== undefined && random() >= probability) return false;
      hits += 1;
      return true;
    },
  };
}

/** Numbers from 0 to 1 that follow from the seed (the mulberry32 generator). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
