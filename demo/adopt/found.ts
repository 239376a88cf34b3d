import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AdoptError, type Place } from './declaration.ts';

/** What of the answer to `GET /api/sites/{subscription}/{region}` is read. */
const siteSchema = z.object({
  subscriptionId: z.string(),
  region: z.string(),
  pieces: z.array(z.object({ name: z.string(), id: z.string(), state: z.string() })),
});

/**
 * ARM ids of the pieces that the appliance found missing.
 * @throws AdoptError when the file cannot be read, holds something else, is about another site or leaves a piece open
 */
export async function missingPieces(file: string, place: Place): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new AdoptError(`--found: ${error.message}.`);
  });
  const { subscriptionId, region, pieces } = siteIn(file, text);
  if (subscriptionId.toLowerCase() !== place.subscriptionId.toLowerCase() || region !== place.region) {
    throw new AdoptError(`--found ${file} is about the site in ${region} of subscription ${subscriptionId}.`);
  }
  const unreadable = pieces.filter(({ state }) => state === 'unreadable').map(({ name }) => name);
  if (unreadable.length > 0) {
    throw new AdoptError(
      `--found ${file}: the appliance could not look at ${unreadable.join(', ')}. Ask GET /api/sites/{subscription}/{region} ` +
        'again when it can.',
    );
  }
  return pieces.filter(({ state }) => state === 'missing').map(({ id }) => id);
}

function siteIn(file: string, text: string) {
  try {
    return siteSchema.parse(JSON.parse(text));
  } catch {
    throw new AdoptError(`--found ${file}: this is not what GET /api/sites/{subscription}/{region} answers.`);
  }
}
