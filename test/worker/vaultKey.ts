import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyWrapper } from '../../repository/ports.ts';

/** A vault's key in memory. */
export function vaultKey(keyId: string): KeyWrapper {
  const key = randomBytes(32);
  return {
    keyId,
    async wrap(plain) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const wrapped = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      return { wrapped, keyVersion: 'v1' };
    },
    async unwrap(wrapped) {
      const box = Buffer.from(wrapped);
      const cipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, 12));
      cipher.setAuthTag(box.subarray(-16));
      return Buffer.concat([cipher.update(box.subarray(12, -16)), cipher.final()]);
    },
  };
}
