import { createHmac, hkdfSync } from 'node:crypto';
import { Blake3Hasher } from '@napi-rs/blake-hash';

/** Bytes of a block's or page's identity (docs/format.md, section 3: why 16). */
export const IDENTITY_BYTES = 16;

/** What the master key opens: every key of the repository, derived by HKDF (docs/format.md, section 3). */
export interface Secrets {
  /** The repository's id as 16 bytes: part of every additional data. */
  readonly repository: Buffer;
  blockIdentity(plain: Buffer): Buffer;
  pageIdentity(plain: Buffer): Buffer;
  packKey(pack: string): Buffer;
  objectKey(salt: Uint8Array): Buffer;
  configMac(text: string): string;
}

const NOTHING = Buffer.alloc(0);

/** @param repositoryId the UUID as text */
export function deriveSecrets(masterKey: Uint8Array, repositoryId: string): Secrets {
  const repository = Buffer.from(repositoryId.replaceAll('-', ''), 'hex');
  const subkey = (label: string, context: Uint8Array = NOTHING): Buffer =>
    Buffer.from(hkdfSync('sha256', masterKey, repository, Buffer.concat([Buffer.from(label, 'ascii'), context]), 32));

  const identity = (key: Buffer) => (plain: Buffer) =>
    Blake3Hasher.newKeyed(key).update(plain).digestBuffer().subarray(0, IDENTITY_BYTES);

  const configKey = subkey('strongroom/1/config');
  return {
    repository,
    blockIdentity: identity(subkey('strongroom/1/block-id')),
    pageIdentity: identity(subkey('strongroom/1/page-id')),
    packKey: (pack) => subkey('strongroom/1/pack', Buffer.from(pack, 'hex')),
    objectKey: (salt) => subkey('strongroom/1/object', salt),
    configMac: (text) => createHmac('sha256', configKey).update(text, 'utf8').digest('hex'),
  };
}
