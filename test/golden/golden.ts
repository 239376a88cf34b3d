import { join } from 'node:path';

/** Where the golden repositories of format version 1 are. */
export const GOLDEN = join(import.meta.dirname, 'v1');

/** Opens the ones that have a passphrase. */
export const PASSPHRASE = 'golden passphrase';

/** What is known of a golden repository (`v1/{name}.json`). */
export interface Golden {
  recoveryKey: string;
  /** By point: its disks, in order. */
  points: Record<string, { size: number; sha256: string }[]>;
}
