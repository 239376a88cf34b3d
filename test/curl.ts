import { spawnSync } from 'node:child_process';

/** A plain machine may lack curl: tests that use it as an unmodified client are skipped there, and say so. */
export const noCurl = spawnSync('curl', ['--version']).error !== undefined;

if (noCurl) process.stderr.write('curl is not installed: tests that use it as a client are skipped.\n');
