import type { ObjectInfo, ObjectStore } from '../../repository/ports.ts';

/** What a process that was killed would not see any more. */
export class Died extends Error {}

export interface Shaky {
  /** Operations after which the process dies: none of its later ones reaches the store. Infinity: it lives. */
  diesAfter: number;
  /** Whether the operation in which it dies still takes effect. */
  lastTakesEffect: boolean;
  /** Called at each operation: lets others go first, and time pass. */
  pause(): Promise<void>;
}

/** A store as one process sees it that may die at any operation. */
export function shakyStore(store: ObjectStore, { diesAfter, lastTakesEffect, pause }: Shaky): ObjectStore {
  let operations = 0;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    await pause();
    operations++;
    if (operations < diesAfter) return work();
    if (operations === diesAfter && lastTakesEffect) await work().catch(() => undefined);
    throw new Died(`The process died at operation ${diesAfter}.`);
  };
  return {
    location: store.location,
    get: (...args) => step(() => store.get(...args)),
    put: (...args) => step(() => store.put(...args)),
    head: (...args) => step(() => store.head(...args)),
    delete: (...args) => step(() => store.delete(...args)),
    async *list(prefix) {
      const infos = await step(async () => {
        const all: ObjectInfo[] = [];
        for await (const info of store.list(prefix)) all.push(info);
        return all;
      });
      for (const info of infos) {
        await pause();
        yield info;
      }
    },
  };
}

/** Whether an error is, or comes of, the death of the process. */
export function isDeath(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Died) return true;
  return false;
}
