import { randomBytes } from 'node:crypto';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A holder works for milliseconds: a lock this old was left by a process that died. */
const STALE_MS = 10_000;
const POLL_MS = 5;

/**
 * Runs `act` while holding a lock file, so that compare-and-write of one object is one step for every process.
 * @param act is told whether it surely holds the lock still: after a disk that stood still for long, others may have taken it
 */
export async function withFileLock<T>(path: string, act: (isHeld: () => boolean) => Promise<T>): Promise<T> {
  let tried: number;
  for (;;) {
    tried = performance.now();
    try {
      await (await open(path, 'wx')).close();
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      if (await isStale(path)) await rm(path, { force: true });
      else await delay(POLL_MS);
    }
  }
  const isHeld = (): boolean => performance.now() - tried < STALE_MS / 2;
  try {
    return await act(isHeld);
  } finally {
    if (isHeld()) await rm(path, { force: true });
  }
}

/** By the clock of the disk that it lies on, which may be that of another machine. */
async function isStale(path: string): Promise<boolean> {
  if (Date.now() - (await modifiedOf(path)) <= STALE_MS) return false;
  const probe = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(probe, '');
    return (await modifiedOf(probe)) - (await modifiedOf(path)) > STALE_MS;
  } finally {
    await rm(probe, { force: true });
  }
}

/** Of one that is gone: never. */
const modifiedOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Infinity,
  );
