import { createHash } from 'node:crypto';
import { StrongroomError } from '../../model/errors.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PREFIX = 'SR1';
const KEY_BYTES = 32;
const CHECK_BYTES = 3;
const CHARACTERS = ((KEY_BYTES + CHECK_BYTES) * 8) / 5;

/** 32 bytes as a text that a person can keep on paper (docs/format.md, 4.2). */
export function writeRecoveryKey(key: Uint8Array): string {
  let bits = BigInt(`0x${Buffer.concat([key, checkOf(key)]).toString('hex')}`);
  let text = '';
  for (let i = 0; i < CHARACTERS; i++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return [PREFIX, ...(text.match(/.{7}/g) ?? [])].join('-');
}

/** @throws KEY_REFUSED when the text is no recovery key, or mistyped */
export function readRecoveryKey(text: string): Buffer {
  const letters = text.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replaceAll('O', '0');
  const body = letters.slice(PREFIX.length);
  if (!letters.startsWith(PREFIX) || body.length !== CHARACTERS || [...body].some((c) => !ALPHABET.includes(c))) {
    throw new StrongroomError(
      'KEY_REFUSED',
      `That is no recovery key: it begins with SR1- and has ${CHARACTERS} characters after it.`,
    );
  }
  const bits = [...body].reduce((sum, c) => (sum << 5n) | BigInt(ALPHABET.indexOf(c)), 0n);
  const bytes = Buffer.from(bits.toString(16).padStart((KEY_BYTES + CHECK_BYTES) * 2, '0'), 'hex');
  const key = bytes.subarray(0, KEY_BYTES);
  if (!checkOf(key).equals(bytes.subarray(KEY_BYTES))) {
    throw new StrongroomError('KEY_REFUSED', 'The recovery key is mistyped: its check characters do not fit.');
  }
  return key;
}

const checkOf = (key: Uint8Array): Buffer => createHash('sha256').update(key).digest().subarray(0, CHECK_BYTES);
