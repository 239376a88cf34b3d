import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import * as zlib from 'node:zlib';
import { argon2id } from '@noble/hashes/argon2.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { decompress as decompressInJavaScript } from 'fzstd';

const TAG_BYTES = 16;

/** A 32-byte key made of another (docs/format.md, 3). */
export const derive = (key: Uint8Array, repository: Buffer, info: string, context: Uint8Array = Buffer.alloc(0)) =>
  Buffer.from(hkdfSync('sha256', key, repository, Buffer.concat([Buffer.from(info, 'ascii'), context]), 32));

export const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
export const hmac = (key: Uint8Array, text: string): string => createHmac('sha256', key).update(text).digest('hex');

/** The identity of plain bytes, hex. */
export const identityOf = (key: Uint8Array, plain: Uint8Array): string =>
  Buffer.from(blake3(plain, { key, dkLen: 16 })).toString('hex');

/** The key of a passphrase slot. In JavaScript, because Node.js 20 has no Argon2: about a second. */
export const passphraseKey = (
  passphrase: string,
  salt: Uint8Array,
  cost: { m: number; t: number; p: number },
): Buffer => Buffer.from(argon2id(passphrase.normalize('NFKC'), salt, { ...cost, dkLen: 32 }));

/** Opens what AES-256-GCM sealed; undefined: the key, the place or the bytes are not those. */
export function unseal(key: Buffer, nonce: Buffer, data: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(data);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The content of a frame (docs/format.md, 5); undefined when it is none. @param limit the most bytes it may come to */
export function unframe(frame: Buffer, limit: number): Buffer | undefined {
  const body = frame.subarray(1);
  try {
    const content = frame[0] === 0 ? body : frame[0] === 1 ? decompress(body, limit) : undefined;
    return content && content.length <= limit ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Node has zstd from 22.15 and 23.8 on. */
function decompress(body: Buffer, limit: number): Buffer {
  const native = zlib as { zstdDecompressSync?: typeof zlib.zstdDecompressSync };
  if (native.zstdDecompressSync) return native.zstdDecompressSync(body, { maxOutputLength: limit });
  const { buffer, byteOffset, length } = decompressInJavaScript(body);
  return Buffer.from(buffer, byteOffset, length);
}
