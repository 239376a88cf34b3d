import { badParameter, invalidValue } from '../errors.ts';
import { signDigest, verifyDigest } from './ecdsa.ts';
import type { KeyMaterial } from './material.ts';
import { pkcs1, pss, type Hash } from './rsaSignature.ts';

/** Signature algorithms of the keys API, with the curve that each ECDSA one belongs to. */
const ecdsaCurves: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', ES256K: 'P-256K' };

/** The digest's algorithm. @throws VaultError 400 when algorithm, key and digest do not belong together */
function checked(material: KeyMaterial, algorithm: string, digest: Buffer): Hash {
  const [, scheme, bits] = /^(RS|PS|ES)(256|384|512)K?$/.exec(algorithm) ?? [];
  const fits =
    scheme === 'ES'
      ? material.kty === 'EC' && ecdsaCurves[algorithm] === material.crv
      : scheme !== undefined && material.kty === 'RSA' && !algorithm.endsWith('K');
  if (!fits) throw invalidValue('alg');
  if (digest.length * 8 !== Number(bits)) {
    throw badParameter(`Invalid length of value: ${digest.length} bytes; ${algorithm} takes ${Number(bits) / 8}.`);
  }
  return `sha${bits}` as Hash;
}

const rsa = (algorithm: string) => (algorithm.startsWith('PS') ? pss : pkcs1);

/** Signs a digest. @throws VaultError 400 */
export function sign(material: KeyMaterial, algorithm: string, digest: Buffer): Buffer {
  const hash = checked(material, algorithm, digest);
  return material.kty === 'EC' ? signDigest(material, digest) : rsa(algorithm).sign(material, hash, digest);
}

/** Whether the signature is that of the digest. @throws VaultError 400 */
export function verify(material: KeyMaterial, algorithm: string, digest: Buffer, signature: Buffer): boolean {
  const hash = checked(material, algorithm, digest);
  return material.kty === 'EC'
    ? verifyDigest(material, digest, signature)
    : rsa(algorithm).verify(material, hash, digest, signature);
}
