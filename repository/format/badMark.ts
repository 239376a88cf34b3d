import { z } from 'zod';
import { readCheckedText, writeCheckedText } from './checkedText.ts';

/** A pack that is missing or damaged (docs/format.md, 9.1). */
const badMarkSchema = z.object({
  repository: z.uuid(),
  pack: z.string(),
  kind: z.enum(['data', 'maps']),
  /** The store's time, ISO 8601 UTC. */
  found: z.string(),
  /** Offsets of what cannot be read; `null`: all of it. */
  entries: z.array(z.number().int().nonnegative()).nullable(),
});
export type BadMark = z.infer<typeof badMarkSchema>;

export const writeBadMark = (mark: BadMark): Buffer => writeCheckedText(mark);

/** The mark, or undefined when it is damaged. */
export const readBadMark = (bytes: Uint8Array): BadMark | undefined =>
  badMarkSchema.safeParse(readCheckedText(bytes)).data;
