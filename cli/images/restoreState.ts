import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const stateSchema = z.object({
  repository: z.string(),
  point: z.string(),
  disk: z.string(),
  format: z.enum(['raw', 'vhd']),
  /** Bytes of the disk. */
  size: z.number().int().positive(),
  /** Bytes from the start that are written. */
  done: z.number().int().nonnegative(),
});
/** How far a restore is, kept beside its target until it is complete. */
export type RestoreState = z.infer<typeof stateSchema>;

const stateFile = (target: string): string => `${target}.strongroom-restore`;

/** Undefined when there is none that can be read: then nobody goes on with anything. */
export async function readState(target: string): Promise<RestoreState | undefined> {
  const text = await readFile(stateFile(target), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export async function writeState(target: string, state: RestoreState): Promise<void> {
  const beside = `${stateFile(target)}.new`;
  try {
    await writeFile(beside, `${JSON.stringify(state)}\n`);
    await rename(beside, stateFile(target));
  } catch (cause) {
    await rm(beside, { force: true });
    throw cause;
  }
}

export const removeState = (target: string): Promise<void> => rm(stateFile(target), { force: true });

/** Whether both are the same restore, however far. */
export const isSameRestore = (a: RestoreState, b: RestoreState): boolean =>
  (['repository', 'point', 'disk', 'format', 'size'] as const).every((member) => a[member] === b[member]);
