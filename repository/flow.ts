/** Bounded parallelism. */

/** Runs at most `most` tasks at once; the others wait their turn. */
export function limiter(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // The place passes on without being given up, so nobody slips in between.
      if (next) next();
      else running--;
    }
  };
}

/**
 * Works on items ahead of the consumer, `ahead` at once, and yields the results in order. When the consumer stops or
 * an item fails, the work begun is told to stop by the signal and awaited.
 */
export async function* orderedMap<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R> {
  const stop = new AbortController();
  const inner = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const begun: Promise<R>[] = [];
  try {
    signal?.throwIfAborted();
    for await (const item of items) {
      const result = work(item, inner);
      result.catch(() => undefined); // Seen when its turn comes; until then it is no unhandled rejection.
      begun.push(result);
      signal?.throwIfAborted(); // Not before the work has the item: it may have to give back what the item holds.
      if (begun.length >= ahead) yield await (begun.shift() as Promise<R>);
    }
    while (begun.length > 0) yield await (begun.shift() as Promise<R>);
  } finally {
    if (begun.length > 0) stop.abort();
    await Promise.allSettled(begun);
  }
}

/** Waits until all have ended, then throws what the first of them threw: nothing of it goes on behind one that failed. */
export async function together<T extends readonly Promise<unknown>[]>(...work: T) {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** Takes results to the last one, and leaves them. */
export async function finish(results: AsyncGenerator<unknown>): Promise<void> {
  while (!(await results.next()).done) continue;
}
