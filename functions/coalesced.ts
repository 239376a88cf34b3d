/**
 * Spares work that many ask for at the same moment: who asks while it is being done shares the next turn with all who ask
 * meanwhile. Every answer was begun after it was asked for.
 */
export function coalesced<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  const next = new Map<string, Promise<T>>();

  function begin(key: string, work: () => Promise<T>): Promise<T> {
    const turn = work();
    running.set(key, turn);
    const over = () => void (running.get(key) === turn && running.delete(key));
    turn.then(over, over);
    return turn;
  }

  return (key, work) => {
    const turn = running.get(key);
    if (!turn) return begin(key, work);
    const waiting = next.get(key);
    if (waiting) return waiting;
    const follow = () => {
      next.delete(key);
      return begin(key, work);
    };
    const following = turn.then(follow, follow);
    next.set(key, following);
    return following;
  };
}
