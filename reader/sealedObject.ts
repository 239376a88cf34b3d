import { sha256, unframe, unseal } from './crypto.ts';
import type { Keys } from './derivedKeys.ts';
import { Damage, newer } from './problem.ts';

const kinds = { index: 1, point: 2, forward: 3 } as const;
type Kind = keyof typeof kinds;

const HEAD_BYTES = 44;
const MAX_CONTENT = 256 * 1024 * 1024;

/** The part that is not sealed (docs/format.md, 7), or undefined when the object is damaged. @throws Problem (a newer version) */
export function clearPart(kind: Kind, bytes: Buffer): Buffer | undefined {
  const end = bytes.length - 32;
  if (end < HEAD_BYTES || !sha256(bytes.subarray(0, end)).equals(bytes.subarray(end))) return undefined;
  if (bytes.toString('latin1', 0, 4) !== 'SROB') return undefined;
  if (bytes.readUInt8(4) > 1) throw newer('An object of the repository', bytes.readUInt8(4));
  if (bytes[4] !== 1 || bytes[5] !== kinds[kind]) return undefined;
  const clearEnd = HEAD_BYTES + bytes.readUInt32LE(40);
  return clearEnd <= end ? bytes.subarray(HEAD_BYTES, clearEnd) : undefined;
}

/** What is sealed. @throws Damage */
export function sealedContent(keys: Keys, kind: Kind, name: string, bytes: Buffer): Buffer {
  const clear = clearPart(kind, bytes);
  if (!clear) throw new Damage(`${name} is altered or truncated.`);
  const before = bytes.subarray(0, HEAD_BYTES + clear.length);
  const data = Buffer.concat([before, keys.repository, Buffer.from(name, 'utf8')]);
  const frame = unseal(keys.object(bytes.subarray(8, 40)), Buffer.alloc(12), data, bytes.subarray(before.length, -32));
  const content = frame && unframe(frame, MAX_CONTENT);
  if (!content) throw new Damage(`${name} fails authentication.`);
  return content;
}
