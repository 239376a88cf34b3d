#!/usr/bin/env node
/**
 * Starts the command line: from a checkout `start.ts`, from the build `start.mjs`. Needs Node.js 24; an older one runs
 * the one that the packages bring in its place.
 */
import { existsSync } from 'node:fs';
import module from 'node:module';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = new URL('.', import.meta.url);
const inPackage = (path) => fileURLToPath(new URL(`../${path}`, here));

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Not in a folder that others may write: what is cached is run.
  module.enableCompileCache(inPackage('node_modules/.cache/strongroom'));
  await import(existsSync(new URL('start.mjs', here)) ? './start.mjs' : './start.ts');
} else {
  const node = inPackage(`node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(node)) runWith(node);
  else {
    process.stderr.write(
      `strongroom needs Node.js 24, this is ${process.version}, and there is none at ${node}. Run npm ci, or use Node.js 24.\n`,
    );
    process.exitCode = 1;
  }
}

/** Passes signals on in words: what a terminal sends reaches the child by itself, and must not count twice. */
function runWith(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (child.connected) child.send(signal);
    });
  }
  child.on('exit', (code, signal) => {
    if (!signal) return process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
