interface Waiting {
  work: () => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * Makes one transaction of all changes that are asked for in the same round of the event loop: a commit costs more than
 * most changes. A promise resolves when its changes are on disk, so nobody acknowledges anything before.
 *
 * When one of them throws, nothing of the round is kept and each is done again by itself: `work` may run twice, the first
 * time without effect on the store, and must not change anything else.
 */
export function createGroupCommit(transaction: <T>(work: () => T) => T): <T>(work: () => T) => Promise<T> {
  let waiting: Waiting[] = [];

  const alone = ({ work, resolve, reject }: Waiting) => {
    try {
      resolve(transaction(work));
    } catch (error) {
      reject(error);
    }
  };
  const flush = () => {
    const round = waiting;
    waiting = [];
    let results: unknown[];
    try {
      results = transaction(() => round.map(({ work }) => work()));
    } catch {
      return round.forEach(alone);
    }
    round.forEach(({ resolve }, index) => resolve(results[index]));
  };
  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as Waiting['resolve'], reject });
      if (waiting.length === 1) setImmediate(flush);
    });
}
