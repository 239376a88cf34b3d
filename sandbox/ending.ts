/** How a world ends: what was started last ends first. */
export interface Ending {
  /** Aborted when the end begins: whatever is being started stops. */
  signal: AbortSignal;
  also(stopPart: () => Promise<unknown> | void): void;
  /** Resolves when all parts have ended, however often it is called. @throws the first failure of a part */
  end(): Promise<void>;
}

export function createEnding(): Ending {
  const stops: (() => Promise<unknown> | void)[] = [];
  const controller = new AbortController();
  let ended: Promise<void> | undefined;

  async function end(): Promise<void> {
    controller.abort(new Error('The local Azure is being stopped.'));
    const failures: unknown[] = [];
    for (const stopPart of stops.reverse()) {
      // One part that cannot be ended must not leave the others behind.
      await Promise.resolve()
        .then(stopPart)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  return { signal: controller.signal, also: (stopPart) => void stops.push(stopPart), end: () => (ended ??= end()) };
}
