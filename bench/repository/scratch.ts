import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './refusal.ts';

/** Folders to be removed when the process ends, whatever ends it. */
const folders = new Set<string>();
const removeAll = () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.clear();
};
process.on('exit', removeAll);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => process.exit(code));
}

/**
 * A new folder, removed at the end of the process, a Ctrl-C included.
 * @param parent where it is made
 * @param bytes that must be free there
 */
export function scratchFolder(parent: string, bytes: number): string {
  const { bavail, bsize } = statfsSync(parent);
  if (bavail * bsize < bytes) {
    throw new Refusal(
      `${parent} has ${gib(bavail * bsize)} free and ${gib(bytes)} are needed: choose another place with --scratch, or less with --size.`,
    );
  }
  const folder = mkdtempSync(join(parent, 'strongroom-bench-'));
  folders.add(folder);
  return folder;
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
