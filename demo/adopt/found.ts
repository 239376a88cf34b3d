import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AdoptError } from './declaration.ts';

/** What of the answer to `GET /api/sites/{subscription}/{region}` is read. */
const siteSchema = z.object({ pieces: z.array(z.object({ id: z.string(), state: z.string() })) });

/**
 * ARM ids of the pieces that the appliance found missing.
 * @throws AdoptError when the file cannot be read or holds something else
 */
export async function missingPieces(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new AdoptError(`--found: ${error.message}.`);
  });
  try {
    const { pieces } = siteSchema.parse(JSON.parse(text));
    return pieces.filter(({ state }) => state === 'missing').map(({ id }) => id);
  } catch {
    throw new AdoptError(`--found ${file}: this is not what GET /api/sites/{subscription}/{region} answers.`);
  }
}
