import { createPrivateKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { invalidValue } from '../errors.ts';

/** What makes a key a key: its private half as PEM (PKCS #8), so that it can be kept. */
export interface KeyMaterial {
  kty: 'RSA' | 'EC';
  /** RSA: bits of the modulus. */
  keySize?: number;
  /** EC: Key Vault's name of the curve. */
  crv?: string;
  pkcs8: string;
}

/** Key Vault's names of curves, and OpenSSL's. */
export const CURVES: Record<string, string> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  'P-256K': 'secp256k1',
};
const RSA_SIZES = [2048, 3072, 4096];
const makeKeyPair = promisify(generateKeyPair);
const objects = new WeakMap<KeyMaterial, KeyObject>();

/** The private key, parsed once. */
export function privateKeyOf(material: KeyMaterial): KeyObject {
  const known = objects.get(material) ?? createPrivateKey(material.pkcs8);
  objects.set(material, known);
  return known;
}

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** @throws VaultError 400 for a type, size or curve that Key Vault does not have */
export async function generate(kty: 'RSA' | 'EC', size: number, crv: string): Promise<KeyMaterial> {
  if (kty === 'RSA') {
    if (!RSA_SIZES.includes(size)) throw invalidValue('key_size');
    const { privateKey } = await makeKeyPair('rsa', { modulusLength: size });
    return { kty, keySize: size, pkcs8: pem(privateKey) };
  }
  const namedCurve = CURVES[crv];
  if (!namedCurve) throw invalidValue('crv');
  const { privateKey } = await makeKeyPair('ec', { namedCurve });
  return { kty, crv, pkcs8: pem(privateKey) };
}

/** Node's name of a curve in a JSON Web Key. */
const jwkCurve = (crv: string) => (crv === 'P-256K' ? 'secp256k1' : crv);

/** A key that somebody brings. @throws VaultError 400 when it is no private key of a kind that vaults hold */
export function imported(jwk: JsonWebKey): KeyMaterial {
  const kty = jwk.kty?.replace(/-HSM$/, '');
  if (kty !== 'RSA' && kty !== 'EC') throw invalidValue('key.kty');
  const crv = jwk.crv === 'SECP256K1' ? 'P-256K' : (jwk.crv ?? '');
  if (kty === 'EC' && !CURVES[crv]) throw invalidValue('key.crv');
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: { ...jwk, kty, ...(kty === 'EC' && { crv: jwkCurve(crv) }) }, format: 'jwk' });
  } catch {
    throw invalidValue('key');
  }
  if (kty === 'EC') return { kty, crv, pkcs8: pem(key) };
  const keySize = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (!RSA_SIZES.includes(keySize)) throw invalidValue('key.n');
  return { kty, keySize, pkcs8: pem(key) };
}

/** The public half as a JSON Web Key has it. */
export function publicParts(material: KeyMaterial): Record<string, string | undefined> {
  const { n, e, x, y } = privateKeyOf(material).export({ format: 'jwk' });
  return material.kty === 'RSA' ? { n, e } : { crv: material.crv, x, y };
}
