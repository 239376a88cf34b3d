import { rolldown } from 'rolldown';
import type { OutputOptions } from 'rolldown';

/**
 * Bundles one entry into one ES module for Node 24 (the reader's also for 20). What the host provides stays external: Node's own modules and
 * `@azure/functions-core`, which exists only inside a Functions host.
 * @param banner a comment for the beginning of the file
 */
export const bundle = (entry: string, output: string, banner = ''): Promise<void> =>
  write(entry, { file: output, codeSplitting: false, banner });

/** As {@link bundle}, into a folder: what is imported only when it is used becomes a module of its own, beside the entry's. */
export const bundleInParts = (entry: string, folder: string): Promise<void> =>
  write(entry, { dir: folder, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });

/** The native part of the BLAKE3 library, and where a program finds it: beside itself. */
export const hashAddon = `blake.linux-${process.arch}-gnu.node`;
/** The library without its search for the right addon, which takes 7 ms of each start. */
const hashLibrary = `
import { createRequire } from 'node:module';
export const { Blake3Hasher } = createRequire(import.meta.url)('./${hashAddon}');
`;

async function write(entry: string, output: OutputOptions): Promise<void> {
  const build = await rolldown({
    input: entry,
    platform: 'node',
    external: ['@azure/functions-core'],
    transform: { define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } },
    resolve: { conditionNames: ['node', 'import', 'module', 'default'] },
    plugins: [
      {
        name: 'hash-addon-stays-outside',
        resolveId: (source) => (source === '@napi-rs/blake-hash' ? source : null),
        load: (id) => (id === '@napi-rs/blake-hash' ? hashLibrary : null),
      },
    ],
    onLog(level, log, handler) {
      if (log.code === 'EVAL' || log.code === 'CIRCULAR_DEPENDENCY') return;
      handler(level, log);
    },
  });
  await build.write({ ...output, format: 'esm', minify: false, sourcemap: false });
  await build.close();
}
