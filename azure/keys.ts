import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { StrongroomError } from '../model/errors.ts';
import type { KeyWrapper } from '../repository/ports.ts';
import type { TokenCredential } from './credential.ts';
import { keyRefusal } from './keyRefusals.ts';
import { storageError } from './storageErrors.ts';

const ALGORITHM = 'RSA-OAEP-256';

/**
 * Wraps keys of up to 190 bytes with an RSA key (2048 bits or more) that stays in its vault.
 * @param keyId `https://{vault}.vault.azure.net/keys/{name}`, with or without a version; without one, the newest wraps
 * @throws KEY_REFUSED when the vault refuses the key or the operation, AZURE_UNAVAILABLE when it does not answer
 */
export function keyWrapper(keyId: string, credential: TokenCredential): KeyWrapper {
  const { base, name, version } = keyIdParts(keyId);
  const keys = new KeyClient(vaultOf(base), credential);
  const recoverableUntil = async () => {
    const deleted = await keys.getDeletedKey(name).catch(() => undefined);
    return deleted?.properties.scheduledPurgeDate?.toISOString();
  };
  const call = async <T>(verb: 'wrap' | 'unwrap', run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      const failure = storageError(error, `${verb} with ${base}`);
      if (failure.retryable || failure.code === 'CANCELLED') throw failure;
      throw await keyRefusal(failure, verb, recoverableUntil);
    }
  };
  const clientOf = (keyVersion: string) => new CryptographyClient(`${base}/${keyVersion}`, credential);
  const newest = async () => {
    const { properties } = await keys.getKey(name);
    return properties.version!;
  };
  return {
    keyId: base,
    wrap: (key) =>
      call('wrap', async () => {
        const keyVersion = version ?? (await newest());
        const { result } = await clientOf(keyVersion).wrapKey(ALGORITHM, key);
        return { wrapped: Buffer.from(result), keyVersion };
      }),
    unwrap: (wrapped, keyVersion) =>
      call('unwrap', async () => Buffer.from((await clientOf(keyVersion).unwrapKey(ALGORITHM, wrapped)).result)),
  };
}

/**
 * A small secret (an attempt's message key) as text that only the vault opens: `{key version}.{base64url}`.
 * Fit for tables. Errors: see {@link keyWrapper}.
 */
export async function sealWithVault(wrapper: KeyWrapper, secret: Uint8Array): Promise<string> {
  const { wrapped, keyVersion } = await wrapper.wrap(secret);
  return `${keyVersion}.${wrapped.toString('base64url')}`;
}

/** Opens what {@link sealWithVault} sealed. @throws KEY_REFUSED */
export async function openWithVault(wrapper: KeyWrapper, sealed: string): Promise<Buffer> {
  const [keyVersion, box] = sealed.split('.');
  if (!keyVersion || !box)
    throw new StrongroomError('KEY_REFUSED', `A secret sealed with ${wrapper.keyId} is malformed.`);
  return wrapper.unwrap(Buffer.from(box, 'base64url'), keyVersion);
}

/** The vault of a key: `https://{vault}.vault.azure.net`. */
export function vaultOf(keyId: string): string {
  return new URL(keyId).origin;
}

function keyIdParts(keyId: string): { base: string; name: string; version: string | undefined } {
  const match = /^(https:\/\/[^/?]+\/keys\/([^/?]+))(?:\/([^/?]+))?\/?$/.exec(keyId);
  if (!match) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `"${keyId.split('?')[0]}" is not a key id. Expected https://{vault}/keys/{name}.`,
    );
  }
  return { base: match[1]!, name: match[2]!, version: match[3] };
}
