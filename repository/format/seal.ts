import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { release } from './release.ts';

// Keys are given as key objects: with bytes, Node.js 24 finds out by two errors, stack and all, that they are none (10 µs a block).

const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/** The same for the same array, as long as that is there: the key of a pack seals many blocks. */
function keyObject(key: Uint8Array): KeyObject {
  const known = keyObjects.get(key) ?? createSecretKey(key);
  keyObjects.set(key, known);
  return known;
}

export const TAG_BYTES = 16;

/** AES-256-GCM: ciphertext ‖ tag. The caller never uses a nonce twice under one key. */
export function seal(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plain: readonly Uint8Array[]): Buffer {
  const sealed = Buffer.allocUnsafe(plain.reduce((sum, part) => sum + part.length, TAG_BYTES));
  sealInto(sealed, 0, key, nonce, additional, plain);
  return sealed;
}

/** As {@link seal}, into bytes that are there already. @returns bytes written */
export function sealInto(
  target: Buffer,
  at: number,
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  plain: readonly Uint8Array[],
): number {
  const cipher = createCipheriv('aes-256-gcm', keyObject(key), nonce);
  cipher.setAAD(additional);
  let end = at;
  for (const part of plain) {
    const sealed = cipher.update(part);
    target.set(sealed, end);
    end += sealed.length;
    release(sealed);
  }
  cipher.final();
  end += cipher.getAuthTag().copy(target, end);
  return end - at;
}

/** The plain bytes, or undefined when key, place or content is not the one that was sealed. */
export function unseal(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', keyObject(key), nonce);
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
