import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bundle, hashAddon } from './bundle.ts';

const require = createRequire(import.meta.url);
/** The name under which a program looks for its threads' program beside itself: repository/lanes/threads.ts. */
const thread = 'laneThread.mjs';

/** Makes what lies beside a bundle that holds the repository: the native hash and the threads' program. Returns their names. */
export async function buildRepositoryFiles(root: string, folder: string): Promise<string[]> {
  await copyFile(require.resolve(`@napi-rs/blake-hash-linux-${process.arch}-gnu`), join(folder, hashAddon));
  await bundle(join(root, 'repository/lanes/laneThread.ts'), join(folder, thread));
  return [hashAddon, thread];
}
