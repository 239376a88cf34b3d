import { createHmac } from 'node:crypto';

/** How often each key of an account was made anew. */
export type KeyGenerations = Record<'key1' | 'key2', number>;

/** The two keys of a storage account: derived from the world's seed, so that none has to be kept. 64 bytes, as Azure's. */
export function accountKeys(
  seed: string,
  account: string,
  generations: KeyGenerations,
): Record<'key1' | 'key2', Buffer> {
  const key = (name: 'key1' | 'key2') => {
    const generation = generations[name] > 0 ? `\n${generations[name]}` : '';
    return createHmac('sha512', seed).update(`${account}\n${name}${generation}`).digest();
  };
  return { key1: key('key1'), key2: key('key2') };
}

/** Whose user delegation key, for which service and time. Times as they stand in the request for the key. */
export interface Delegation {
  objectId: string;
  tenantId: string;
  start: string;
  expiry: string;
  /** `b` or `q` */
  service: string;
  version: string;
}

/** The value of a user delegation key, base64. Keys given out before a revocation sign nothing any more. */
export function delegationKey(seed: string, account: string, revocations: number, delegation: Delegation): string {
  const { objectId, tenantId, start, expiry, service, version } = delegation;
  const parts = [account, revocations, objectId, tenantId, start, expiry, service, version];
  return createHmac('sha256', seed).update(parts.join('\n')).digest('base64');
}
