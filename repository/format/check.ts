import { z } from 'zod';
import { readCheckedText, writeCheckedText } from './checkedText.ts';

/** What one verification read in full (docs/format.md, 9.2). */
const checkSchema = z.object({
  repository: z.uuid(),
  /** The store's time, ISO 8601 UTC; `null` in the first put. */
  began: z.string().nullable(),
  /** Whether parts were decrypted and compared with their identities. */
  data: z.boolean(),
  packs: z.object({ data: z.array(z.string()), maps: z.array(z.string()) }),
});
export type Check = z.infer<typeof checkSchema>;

export const writeCheck = (check: Check): Buffer => writeCheckedText(check);

/** The check, or undefined when it is damaged. */
export const readCheck = (bytes: Uint8Array): Check | undefined => checkSchema.safeParse(readCheckedText(bytes)).data;
