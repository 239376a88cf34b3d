import { constants, createPublicKey, privateDecrypt, publicEncrypt } from 'node:crypto';
import { badParameter, invalidValue } from '../errors.ts';
import { privateKeyOf, type KeyMaterial } from './material.ts';

/** RSA encryption schemes of the keys API (names of JSON Web Algorithms). */
const schemes: Record<string, { padding: number; oaepHash?: string }> = {
  'RSA-OAEP': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  'RSA-OAEP-256': { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
  RSA1_5: { padding: constants.RSA_PKCS1_PADDING },
};

function scheme(material: KeyMaterial, algorithm: string) {
  const known = material.kty === 'RSA' ? schemes[algorithm] : undefined;
  if (!known) throw invalidValue('alg');
  return known;
}

/** Encrypt and wrap. @throws VaultError 400 for another algorithm, or a value that is too long */
export function encrypt(material: KeyMaterial, algorithm: string, plain: Buffer): Buffer {
  const options = scheme(material, algorithm);
  try {
    return publicEncrypt({ key: createPublicKey(privateKeyOf(material)), ...options }, plain);
  } catch {
    throw badParameter('The parameter is incorrect: the value is too long for this key and algorithm.');
  }
}

/** Decrypt and unwrap. @throws VaultError 400 when the bytes were not encrypted with this version */
export function decrypt(material: KeyMaterial, algorithm: string, encrypted: Buffer): Buffer {
  const options = scheme(material, algorithm);
  try {
    return privateDecrypt({ key: privateKeyOf(material), ...options }, encrypted);
  } catch {
    throw badParameter('The parameter is incorrect: the value was not encrypted with this version of the key.');
  }
}
