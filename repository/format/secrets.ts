import { createHmac, hkdfSync } from 'node:crypto';
import { Blake3Hasher } from '@napi-rs/blake-hash';
import { LRUCache } from 'lru-cache';

/** Keys that are kept: who reads pages or blocks asks for the same pack's again and again. */
const PACK_KEYS = 64;

/** Bytes of a block's or page's identity (docs/format.md, section 3: why 16). */
export const IDENTITY_BYTES = 16;

/** What the master key opens: every key of the repository, derived by HKDF (docs/format.md, section 3). */
export interface Secrets {
  /** The repository's id as 16 bytes: part of every additional data. */
  readonly repository: Buffer;
  /** Keys of identities, for {@link keyedIdentity}. */
  readonly blockKey: Buffer;
  readonly pageKey: Buffer;
  blockIdentity(plain: Buffer): Buffer;
  pageIdentity(plain: Buffer): Buffer;
  packKey(pack: string): Buffer;
  objectKey(salt: Uint8Array): Buffer;
  configMac(text: string): string;
}

const NOTHING = Buffer.alloc(0);

/** The first bytes of keyed BLAKE3. */
export const keyedIdentity = (key: Uint8Array, plain: Buffer): Buffer =>
  Blake3Hasher.newKeyed(Buffer.from(key.buffer, key.byteOffset, key.length))
    .update(plain)
    .digestBuffer()
    .subarray(0, IDENTITY_BYTES);

/** @param repositoryId the UUID as text */
export function deriveSecrets(masterKey: Uint8Array, repositoryId: string): Secrets {
  const repository = Buffer.from(repositoryId.replaceAll('-', ''), 'hex');
  const subkey = (label: string, context: Uint8Array = NOTHING): Buffer =>
    Buffer.from(hkdfSync('sha256', masterKey, repository, Buffer.concat([Buffer.from(label, 'ascii'), context]), 32));

  const blockKey = subkey('strongroom/1/block-id');
  const pageKey = subkey('strongroom/1/page-id');
  const configKey = subkey('strongroom/1/config');
  const packKeys = new LRUCache<string, Buffer>({
    max: PACK_KEYS,
    memoMethod: (pack) => subkey('strongroom/1/pack', Buffer.from(pack, 'hex')),
  });
  return {
    repository,
    blockKey,
    pageKey,
    blockIdentity: (plain) => keyedIdentity(blockKey, plain),
    pageIdentity: (plain) => keyedIdentity(pageKey, plain),
    packKey: (pack) => packKeys.memo(pack),
    objectKey: (salt) => subkey('strongroom/1/object', salt),
    configMac: (text) => createHmac('sha256', configKey).update(text, 'utf8').digest('hex'),
  };
}
