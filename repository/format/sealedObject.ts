import { createHash } from 'node:crypto';
import { damaged, tooNew } from './damage.ts';
import { frameSmall, unframe } from './frame.ts';
import { seal, unseal } from './seal.ts';
import type { Secrets } from './secrets.ts';

/** Indexes, points and forwards (docs/format.md, section 7). */
export const sealedKinds = { index: 1, point: 2, forward: 3 } as const;
export type SealedKind = keyof typeof sealedKinds;

const MAGIC = Buffer.from('SROB', 'ascii');
const HEAD_BYTES = 44;
const SALT_OFFSET = 8;
const CHECKSUM_BYTES = 32;
const VERSION = 1;
/** One key seals one object: the salt makes it. */
const NONCE = Buffer.alloc(12);
const MAX_CONTENT = 256 * 1024 * 1024;

/** @param salt 32 random bytes, new for every object */
export function writeSealedObject(
  secrets: Secrets,
  kind: SealedKind,
  name: string,
  clear: Uint8Array,
  content: Uint8Array,
  salt: Uint8Array,
): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt8(VERSION, 4);
  head.writeUInt8(sealedKinds[kind], 5);
  head.set(salt, SALT_OFFSET);
  head.writeUInt32LE(clear.length, 40);
  const before = Buffer.concat([head, clear]);
  const sealed = seal(secrets.objectKey(salt), NONCE, additionalData(before, secrets, name), frameSmall(content));
  const body = Buffer.concat([before, sealed]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

/** @throws REPOSITORY_DAMAGED, REPOSITORY_UNKNOWN (of a newer version) */
export function readSealedObject(secrets: Secrets, kind: SealedKind, name: string, bytes: Buffer): Buffer {
  const clear = readClearPart(kind, name, bytes);
  const before = bytes.subarray(0, HEAD_BYTES + clear.length);
  const sealed = bytes.subarray(before.length, bytes.length - CHECKSUM_BYTES);
  const key = secrets.objectKey(bytes.subarray(SALT_OFFSET, SALT_OFFSET + 32));
  const framed = unseal(key, NONCE, additionalData(before, secrets, name), sealed);
  const content = framed && unframe(framed, MAX_CONTENT);
  if (!content) throw damaged(name, 'fails authentication');
  return content;
}

/**
 * What can be read without a key, checked for damage but not authenticated.
 * @throws REPOSITORY_DAMAGED, REPOSITORY_UNKNOWN (of a newer version)
 */
export function readClearPart(kind: SealedKind, name: string, bytes: Buffer): Buffer {
  const end = bytes.length - CHECKSUM_BYTES;
  const whole =
    end >= HEAD_BYTES &&
    createHash('sha256').update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end)) &&
    bytes.subarray(0, 4).equals(MAGIC);
  const version = bytes[4] ?? 0;
  if (whole && version > VERSION) throw tooNew(name, version, VERSION);
  const known = whole && version === VERSION && bytes[5] === sealedKinds[kind];
  const clearEnd = known ? HEAD_BYTES + bytes.readUInt32LE(40) : Infinity;
  if (clearEnd > end) throw damaged(name, 'is altered or truncated');
  return bytes.subarray(HEAD_BYTES, clearEnd);
}

const additionalData = (before: Buffer, secrets: Secrets, name: string): Buffer =>
  Buffer.concat([before, secrets.repository, Buffer.from(name, 'utf8')]);
