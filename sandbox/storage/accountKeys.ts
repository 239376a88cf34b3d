import { createHmac } from 'node:crypto';

/** The two keys of a storage account: derived from the world's seed, so that none has to be kept. 64 bytes, as Azure's. */
export function accountKeys(seed: string, account: string): { key1: Buffer; key2: Buffer } {
  const key = (name: string) => createHmac('sha512', seed).update(`${account}\n${name}`).digest();
  return { key1: key('key1'), key2: key('key2') };
}
