import { createHash } from 'node:crypto';

/** RFC 4122 namespace for the names that Strongroom's infrastructure gives; any fixed GUID serves. */
const NAMESPACE = Buffer.from('6f1c7e0b0e4d4a55b9a1d1f0c2b7a3e9', 'hex');

/**
 * A GUID that is the same for the same words (RFC 4122, version 5). Role definitions and assignments are named by GUID,
 * and a name that changed would make a second assignment instead of finding the first.
 */
export function stableGuid(...words: string[]): string {
  const hash = createHash('sha1')
    .update(NAMESPACE)
    .update(words.map((word) => word.toLowerCase()).join('\n'));
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
