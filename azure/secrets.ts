import { StrongroomError } from '../model/errors.ts';
import type { TokenCredential } from './credential.ts';

const SCOPE = 'https://vault.azure.net/.default';
const VERSION = '7.4';

/**
 * Keeps a secret in a Key Vault (Set Secret, REST 7.4); a secret of that name gets a new version.
 * @param vault `https://{vault}.vault.azure.net`
 * @param name letters, digits and dashes, at most 127
 * @throws KEY_REFUSED when the vault refuses, AZURE_UNAVAILABLE when it does not answer; never with the value
 */
export async function setSecret(
  vault: string,
  name: string,
  value: string,
  credential: TokenCredential,
  fetch = globalThis.fetch,
): Promise<void> {
  const what = `set secret ${vault}/secrets/${name}`;
  const token = await credential.getToken(SCOPE);
  if (!token) throw new StrongroomError('KEY_REFUSED', `${what}: the identity gave no token.`);
  let response: Response;
  try {
    response = await fetch(`${vault}/secrets/${name}?api-version=${VERSION}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ value, contentType: 'text/plain' }),
      signal: AbortSignal.timeout(30_000),
    });
  } catch (cause) {
    throw new StrongroomError('AZURE_UNAVAILABLE', `${what}: no answer.`, { cause });
  }
  await response.body?.cancel(); // it repeats the value
  if (response.ok) return;
  const unavailable = response.status === 429 || response.status >= 500;
  throw new StrongroomError(unavailable ? 'AZURE_UNAVAILABLE' : 'KEY_REFUSED', `${what}: ${response.status}.`);
}
