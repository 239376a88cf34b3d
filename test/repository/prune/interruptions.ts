import type { ObjectStore } from '../../../repository/ports.ts';

export type Operation = 'get' | 'put' | 'head' | 'list' | 'delete';
const changes: readonly Operation[] = ['put', 'delete'];

/** Calls `before` ahead of every operation of a store and `after` behind it. */
function around(
  store: ObjectStore,
  before: (operation: Operation, name: string) => Promise<void>,
  after: (operation: Operation, name: string) => void = () => undefined,
): ObjectStore {
  const through =
    <A extends [string, ...unknown[]], R>(operation: Operation, act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await before(operation, args[0]);
      const result = await act(...args);
      after(operation, args[0]);
      return result;
    };
  return {
    location: store.location,
    get: through('get', store.get),
    put: through('put', store.put),
    head: through('head', store.head),
    delete: through('delete', store.delete),
    ...(store.lock ? { lock: through('put', store.lock) } : {}),
    async *list(prefix) {
      await before('list', prefix);
      yield* store.list(prefix);
    },
  };
}

/** A store as a process sees it that dies right after its n-th change; Infinity: it lives, and `changes` counts. */
export function dyingStore(store: ObjectStore, n: number): { store: ObjectStore; changes(): number } {
  let done = 0;
  const dead = () => done >= n;
  const die = () => {
    if (dead()) throw new Error('the process was killed');
  };
  return {
    store: around(
      store,
      async () => die(),
      (operation) => {
        if (changes.includes(operation)) done++;
        die();
      },
    ),
    changes: () => done,
  };
}

/** A store as a process sees it that stands still from one operation on until it is told to go on. */
export function pausingStore(
  store: ObjectStore,
  isTheOne: (operation: Operation, name: string, count: number) => boolean,
): { store: ObjectStore; reached: Promise<void>; resume(): void; operations(): number } {
  let count = 0;
  const reached = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  let paused = false;
  return {
    store: around(store, async (operation, name) => {
      paused ||= isTheOne(operation, name, count++);
      if (!paused) return;
      reached.resolve();
      await going.promise;
    }),
    reached: reached.promise,
    resume: () => going.resolve(),
    operations: () => count,
  };
}
