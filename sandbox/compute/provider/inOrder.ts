/** Work on one resource after the other: what is begun for an id waits for what was begun for it before, however that ends. */
export function inOrder(): <T>(id: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (id, work) => {
    const key = id.toLowerCase();
    const next = (last.get(key) ?? Promise.resolve()).catch(() => undefined).then(work);
    last.set(key, next);
    const forget = () => {
      if (last.get(key) === next) last.delete(key);
    };
    next.then(forget, forget);
    return next;
  };
}
