import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { StoredMap } from '../../core/state.ts';
import { badParameter, type ItemKind } from '../errors.ts';

/** What a backup holds, sealed: only this world can read it, and only in the subscription it was made in. */
interface Sealed {
  kind: ItemKind;
  subscriptionId: string;
  item: unknown;
}

/** Seals items into backups and opens them, with a key that the world keeps. */
export function createBackups(secrets: StoredMap<string>) {
  const key = () => {
    const known = secrets.get('backup') ?? randomBytes(32).toString('base64');
    if (!secrets.has('backup')) secrets.set('backup', known);
    return Buffer.from(known, 'base64');
  };

  return {
    seal(content: Sealed): string {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key(), iv);
      const sealed = [cipher.update(JSON.stringify(content)), cipher.final()];
      return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]).toString('base64url');
    },
    /** @throws VaultError 400 when it is no backup of this kind, or one from elsewhere */
    open(value: unknown, kind: ItemKind, subscriptionId: string): unknown {
      const malformed = badParameter(`The ${kind} backup blob is malformed.`);
      if (typeof value !== 'string') throw malformed;
      const bytes = Buffer.from(value, 'base64url');
      let content: Sealed;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key(), bytes.subarray(0, 12));
        decipher.setAuthTag(bytes.subarray(12, 28));
        const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
        content = JSON.parse(text) as Sealed;
      } catch {
        throw malformed;
      }
      if (content.kind !== kind) throw malformed;
      if (content.subscriptionId !== subscriptionId) {
        throw badParameter(`The ${kind} backup was made in another subscription and cannot be restored here.`);
      }
      return content.item;
    },
  };
}

export type Backups = ReturnType<typeof createBackups>;
