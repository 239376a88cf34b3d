import { createRequire } from 'node:module';

/** Loads what Azurite's own code would load: its modules, and the packages that it uses. */
export const azurite = createRequire(createRequire(import.meta.url).resolve('azurite/package.json'));

/** All exports of one of Azurite's modules, given below its `src`. */
export const loadAll = (path: string) => azurite(`./dist/src/${path}.js`) as Record<string, unknown>;

/** The default export of one of Azurite's modules. */
export const load = <T>(path: string): T => loadAll(path).default as T;
