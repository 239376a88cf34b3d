import { createECDH, randomBytes } from 'node:crypto';
import { CURVES, privateKeyOf, type KeyMaterial } from './material.ts';
import { inverse, modulo, toBytes, toNumber } from './numbers.ts';

/**
 * ECDSA over a digest that the caller made (FIPS 186-5, 6.4). Node.js signs messages only, and Key Vault takes digests.
 * Not hardened against timing: this Key Vault guards nothing.
 */

interface Curve {
  /** The field's prime, the coefficient a, the order of the base point. */
  p: bigint;
  a: bigint;
  n: bigint;
  base: Point;
  /** Bytes of a coordinate. */
  length: number;
}

interface Point {
  x: bigint;
  y: bigint;
}

/** SEC 2, version 2; the base points are OpenSSL's. */
function curve(name: string, length: number, p: bigint, a: bigint, n: string): Curve {
  const one = createECDH(CURVES[name]!);
  one.setPrivateKey(Buffer.from([1]));
  const point = one.getPublicKey().subarray(1);
  const base = { x: toNumber(point.subarray(0, length)), y: toNumber(point.subarray(length)) };
  return { length, p, a: modulo(a, p), n: BigInt(`0x${n}`), base };
}

const curves: Record<string, Curve> = {
  'P-256': curve(
    'P-256',
    32,
    2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    -3n,
    'FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551',
  ),
  'P-256K': curve(
    'P-256K',
    32,
    2n ** 256n - 2n ** 32n - 977n,
    0n,
    'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141',
  ),
  'P-384': curve(
    'P-384',
    48,
    2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    -3n,
    'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973',
  ),
  'P-521': curve(
    'P-521',
    66,
    2n ** 521n - 1n,
    -3n,
    `01${'F'.repeat(65)}A51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409`,
  ),
};

function add({ p, a }: Curve, one: Point | undefined, other: Point | undefined): Point | undefined {
  if (!one || !other) return one ?? other;
  if (one.x === other.x && modulo(one.y + other.y, p) === 0n) return undefined;
  const slope =
    one.x === other.x
      ? (3n * one.x * one.x + a) * inverse(2n * one.y, p)
      : (other.y - one.y) * inverse(other.x - one.x, p);
  const x = modulo(slope * slope - one.x - other.x, p);
  return { x, y: modulo(slope * (one.x - x) - one.y, p) };
}

function times(on: Curve, factor: bigint, point: Point): Point | undefined {
  let sum: Point | undefined;
  let power: Point | undefined = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(on, sum, power);
    power = add(on, power, power);
  }
  return sum;
}

/** The leftmost bits of a digest, as many as the order has. */
function truncated(digest: Buffer, n: bigint): bigint {
  const excess = digest.length * 8 - n.toString(2).length;
  const value = toNumber(digest);
  return excess > 0 ? value >> BigInt(excess) : value;
}

function parts(material: KeyMaterial): { on: Curve; d: bigint; q: Point } {
  const { d, x, y } = privateKeyOf(material).export({ format: 'jwk' });
  const number = (text: string) => toNumber(Buffer.from(text, 'base64url'));
  return { on: curves[material.crv!]!, d: number(d!), q: { x: number(x!), y: number(y!) } };
}

/** r and s, each as long as a coordinate: the form of JSON Web Signatures. */
export function signDigest(material: KeyMaterial, digest: Buffer): Buffer {
  const { on, d } = parts(material);
  const z = truncated(digest, on.n);
  for (;;) {
    const k = modulo(toNumber(randomBytes(on.length + 8)), on.n);
    const r = k === 0n ? 0n : modulo(times(on, k, on.base)!.x, on.n);
    const s = r === 0n ? 0n : modulo(inverse(k, on.n) * (z + r * d), on.n);
    if (s !== 0n) return Buffer.concat([toBytes(r, on.length), toBytes(s, on.length)]);
  }
}

/** Whether a signature of that form is the digest's. */
export function verifyDigest(material: KeyMaterial, digest: Buffer, signature: Buffer): boolean {
  const { on, q } = parts(material);
  if (signature.length !== on.length * 2) return false;
  const r = toNumber(signature.subarray(0, on.length));
  const s = toNumber(signature.subarray(on.length));
  if (r <= 0n || r >= on.n || s <= 0n || s >= on.n) return false;
  const w = inverse(s, on.n);
  const z = truncated(digest, on.n);
  const point = add(on, times(on, modulo(z * w, on.n), on.base), times(on, modulo(r * w, on.n), q));
  return point !== undefined && modulo(point.x, on.n) === r;
}
