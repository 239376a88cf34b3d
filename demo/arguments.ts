import { writeFile } from 'node:fs/promises';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/** Says what is wrong with the command line, how it is used, and ends the process with exit code 2. */
export type Fail = (message: string) => never;

/**
 * Reads a command line. `--help` prints the usage and ends the process, what is unknown or lacks its value {@link Fail}s.
 * @param words whether words without dashes are taken too
 */
export function readArguments<T extends ParseArgsOptionsConfig>(usage: string, options: T, words = false) {
  const fail: Fail = (message) => {
    console.error(`${message}\n\n${usage}`);
    process.exit(2);
  };
  const parse = () => {
    try {
      return parseArgs({ options, allowPositionals: words });
    } catch (error) {
      return fail((error as Error).message);
    }
  };
  if (process.argv.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  const { values, positionals } = parse();
  return { values, words: positionals, fail };
}

/** Refuses a file that cannot be written at once, not after minutes of work. */
export async function mustBeWritable(option: string, file: string | undefined, fail: Fail): Promise<void> {
  if (file !== undefined) {
    await writeFile(file, '', { flag: 'a' }).catch((error: Error) => fail(`--${option}: ${error.message}.`));
  }
}
