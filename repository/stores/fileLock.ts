import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A holder works for milliseconds: a lock this old was left by a process that died. */
const STALE_MS = 10_000;
const POLL_MS = 5;

/** Runs `act` while holding a lock file, so that compare-and-write of one object is one step for every process. */
export async function withFileLock<T>(path: string, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      await (await open(path, 'wx')).close();
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      const age = await stat(path).then(
        (stats) => Date.now() - stats.mtimeMs,
        () => 0,
      );
      if (age > STALE_MS) await rm(path, { force: true });
      else await delay(POLL_MS);
    }
  }
  try {
    return await act();
  } finally {
    await rm(path, { force: true });
  }
}
