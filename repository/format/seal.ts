import { createCipheriv, createDecipheriv } from 'node:crypto';

export const TAG_BYTES = 16;

/** AES-256-GCM: ciphertext ‖ tag, as parts. The caller never uses a nonce twice under one key. */
export function seal(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plain: readonly Uint8Array[]): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(additional);
  const parts = plain.map((part) => cipher.update(part));
  return Buffer.concat([...parts, cipher.final(), cipher.getAuthTag()]);
}

/** The plain bytes, or undefined when key, place or content is not the one that was sealed. */
export function unseal(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(additional);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}
