import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './core/alive.ts';

const PREFIX = 'local-azure-';
/** Names the process that a folder belongs to: `<pid> <host name>`. Folders may be seen from several containers. */
const OWNER = 'pid';

/**
 * Makes a world's folder in the temporary folder, after those of worlds whose process was killed have been removed.
 * @param parent the temporary folder
 */
export async function worldFolder(parent = tmpdir()): Promise<string> {
  await removeAbandoned(parent);
  const dir = await mkdtemp(join(parent, PREFIX));
  await writeFile(join(dir, OWNER), `${process.pid} ${hostname()}`);
  return dir;
}

/** Removing is a courtesy to the machine: whatever goes wrong is left to the next start. */
async function removeAbandoned(parent: string): Promise<void> {
  const entries = await readdir(parent).catch((): string[] => []);
  const folders = entries.filter((name) => name.startsWith(PREFIX)).map((name) => join(parent, name));
  await Promise.allSettled(
    folders.map(async (dir) => {
      if (await isAbandoned(dir)) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    }),
  );
}

/** A folder of this user whose file names a process of this machine that is gone. One just being made has no file. */
async function isAbandoned(dir: string): Promise<boolean> {
  const facts = await lstat(dir);
  if (!facts.isDirectory() || facts.uid !== process.getuid?.()) return false;
  const [, pid, host] = /^([1-9]\d*) (.+)$/.exec(await readFile(join(dir, OWNER), 'utf8')) ?? [];
  return pid !== undefined && host === hostname() && !isAlive(Number(pid));
}
