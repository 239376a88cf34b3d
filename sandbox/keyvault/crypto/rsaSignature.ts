import {
  constants,
  createHash,
  createPublicKey,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { privateKeyOf, type KeyMaterial } from './material.ts';

/**
 * RSA signatures over a digest that the caller made (RFC 8017). Node.js signs messages only, and Key Vault takes
 * digests: what is signed is put together here.
 */

export type Hash = 'sha256' | 'sha384' | 'sha512';

/** DER before a digest in a PKCS #1 signature (RFC 8017, 9.2, note 1). */
const digestInfo: Record<Hash, string> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

const hash = (algorithm: Hash, data: Buffer) => createHash(algorithm).update(data).digest();

/** PKCS #1 version 1.5 (`RS256` and others). */
export const pkcs1 = {
  sign(material: KeyMaterial, algorithm: Hash, digest: Buffer): Buffer {
    const message = Buffer.concat([Buffer.from(digestInfo[algorithm], 'hex'), digest]);
    return privateEncrypt({ key: privateKeyOf(material), padding: constants.RSA_PKCS1_PADDING }, message);
  },
  verify(material: KeyMaterial, algorithm: Hash, digest: Buffer, signature: Buffer): boolean {
    const expected = Buffer.concat([Buffer.from(digestInfo[algorithm], 'hex'), digest]);
    const key = createPublicKey(privateKeyOf(material));
    try {
      return publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature).equals(expected);
    } catch {
      return false;
    }
  },
};

/** MGF1 (RFC 8017, B.2.1). */
function mask(algorithm: Hash, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0; made < length; made += blocks.at(-1)!.length) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(blocks.length);
    blocks.push(hash(algorithm, Buffer.concat([seed, counter])));
  }
  return Buffer.concat(blocks).subarray(0, length);
}

const xor = (one: Buffer, other: Buffer) => Buffer.from(one.map((byte, i) => byte ^ other[i]!));
const hashed = (algorithm: Hash, digest: Buffer, salt: Buffer) =>
  hash(algorithm, Buffer.concat([Buffer.alloc(8), digest, salt]));

/** PSS with a salt as long as the digest (`PS256` and others; RFC 8017, 9.1). Moduli here are whole bytes long. */
export const pss = {
  sign(material: KeyMaterial, algorithm: Hash, digest: Buffer): Buffer {
    const length = material.keySize! / 8;
    const salt = randomBytes(digest.length);
    const h = hashed(algorithm, digest, salt);
    const db = Buffer.alloc(length - h.length - 1);
    db[db.length - salt.length - 1] = 1;
    salt.copy(db, db.length - salt.length);
    const masked = xor(db, mask(algorithm, h, db.length));
    masked[0]! &= 0x7f;
    const encoded = Buffer.concat([masked, h, Buffer.from([0xbc])]);
    return privateEncrypt({ key: privateKeyOf(material), padding: constants.RSA_NO_PADDING }, encoded);
  },
  verify(material: KeyMaterial, algorithm: Hash, digest: Buffer, signature: Buffer): boolean {
    const length = material.keySize! / 8;
    if (signature.length !== length) return false;
    let encoded: Buffer;
    try {
      const key = createPublicKey(privateKeyOf(material));
      encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
    } catch {
      return false;
    }
    const at = length - digest.length - 1;
    const h = encoded.subarray(at, -1);
    const db = xor(encoded.subarray(0, at), mask(algorithm, h, at));
    db[0]! &= 0x7f;
    const salt = db.subarray(-digest.length);
    const padding = db.subarray(0, -digest.length);
    const sound = encoded.at(-1) === 0xbc && padding.at(-1) === 1 && padding.subarray(0, -1).every((b) => b === 0);
    return sound && timingSafeEqual(hashed(algorithm, digest, salt), h);
  },
};
