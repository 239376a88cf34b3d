/** The few parts of ASN.1's distinguished encoding (X.690) that an X.509 certificate needs. */

function element(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const digits = Buffer.from(size.toString(16).padStart(size > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

export const sequence = (...parts: Buffer[]): Buffer => element(0x30, ...parts);
export const set = (...parts: Buffer[]): Buffer => element(0x31, ...parts);
/** `bytes` are the number itself, big-endian, its first byte below 0x80. */
export const integer = (bytes: Buffer): Buffer => element(0x02, bytes);
export const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
export const octets = (content: Buffer): Buffer => element(0x04, content);
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text, 'utf8'));
/** A bit string of whole bytes, or with `unused` bits at the end of the last one. */
export const bits = (content: Buffer, unused = 0): Buffer => element(0x03, Buffer.from([unused]), content);
/** Context-specific and constructed: `[n] { … }`. */
export const tagged = (n: number, ...parts: Buffer[]): Buffer => element(0xa0 | n, ...parts);
/** Context-specific and primitive: `[n] IMPLICIT …`. */
export const implicit = (n: number, content: Buffer): Buffer => element(0x80 | n, content);

/** UTCTime, for the years 1950 to 2049 (RFC 5280, 4.1.2.5). */
export function time(iso: string): Buffer {
  return element(0x17, Buffer.from(iso.slice(2, 19).replace(/[-:T]/g, '') + 'Z'));
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
