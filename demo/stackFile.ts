import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** A stack file that cannot be read as one. */
export class StackFileError extends Error {
  override name = 'StackFileError';
}

/**
 * The configuration in a `Pulumi.<stack>.yaml`, as Pulumi hands it to a program: text by full key, structured values as JSON.
 * @throws StackFileError when there is no such file, it is no YAML, has no configuration, or keys that Pulumi does not take:
 * without a project, without a value, or encrypted, which only Pulumi can read
 */
export async function readStackFile(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StackFileError(
      error.code === 'ENOENT' ? `There is no stack file ${file}.` : `${file}: ${error.message}.`,
    );
  });
  const config = configOf(file, text);
  return Object.fromEntries(
    Object.entries(config).map(([key, value]): [string, string] => {
      if (!key.includes(':')) throw new StackFileError(`${file}: ${key} lacks its project; write strongroom:${key}.`);
      if (value === null) throw new StackFileError(`${file}: ${key} has no value; give it one or delete the line.`);
      if (typeof value === 'object' && 'secure' in value) {
        throw new StackFileError(`${file}: ${key} is encrypted, and only Pulumi can read it.`);
      }
      return [key, typeof value === 'string' ? value : JSON.stringify(value)];
    }),
  );
}

function configOf(file: string, text: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new StackFileError(`${file} is no YAML: ${(error as Error).message.trim()}`);
  }
  const config = (document as { config?: unknown } | null)?.config;
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config as Record<string, unknown>;
  throw new StackFileError(`${file} has no "config:" with the stack's configuration; see infra/Pulumi.sample.yaml.`);
}
