import type { JsonWebKey } from 'node:crypto';
import type { ArmResource } from '../../arm/types.ts';
import type { Clock } from '../../core/types.ts';
import { generate, imported } from '../crypto/material.ts';
import { badParameter, invalidValue, notSupported } from '../errors.ts';
import { newVersion, type AttributesBody, type KeyVersion } from './versions.ts';
import type { Vaults } from './vaults.ts';

const OPERATIONS = ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey', 'import', 'export'];
const defaults: Record<'RSA' | 'EC', string[]> = {
  RSA: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
  EC: ['sign', 'verify'],
};

/** What a new version of a key is to be. */
export interface KeyRequest {
  kty?: string;
  /** RSA; 2048 when absent. */
  keySize?: number;
  /** EC; P-256 when absent. */
  crv?: string;
  keyOps?: string[];
  attributes?: AttributesBody & { exportable?: boolean };
  tags?: Record<string, string>;
}

/** @throws VaultError 400 for an operation that keys of this type do not have */
export function checkedOperations(kty: 'RSA' | 'EC', keyOps: unknown): string[] {
  if (keyOps == null) return defaults[kty];
  const known = Array.isArray(keyOps) && keyOps.every((op) => OPERATIONS.includes(String(op)));
  const fitting = known && (kty === 'RSA' || keyOps.every((op) => !/crypt|wrap/i.test(String(op))));
  if (!fitting) throw invalidValue('key_ops');
  return keyOps as string[];
}

function checkHsm(vault: ArmResource, hsm: boolean): void {
  const premium = (vault.properties?.sku as { name?: string } | undefined)?.name?.toLowerCase() === 'premium';
  if (hsm && !premium) throw badParameter('Keys protected by HSM are not available in a vault of SKU standard.');
}

/** Creates a key, or a new version of one. @throws VaultError 400, 409, 501 */
export async function createKey(
  vaults: Vaults,
  clock: Clock,
  vault: ArmResource,
  name: string,
  request: KeyRequest,
): Promise<KeyVersion> {
  const [, kty, hsm] = /^(RSA|EC)(-HSM)?$/.exec(request.kty ?? '') ?? [];
  if (kty === undefined) {
    if (/^oct(-HSM)?$/.test(request.kty ?? '')) {
      throw badParameter(`Key type '${request.kty}' is not supported in a vault: symmetric keys need a managed HSM.`);
    }
    throw invalidValue('kty');
  }
  if (request.attributes?.exportable) throw notSupported('exportable keys (secure key release)');
  checkHsm(vault, hsm !== undefined);
  vaults.keys.checkWritable(vault.name, name);
  const type = kty as 'RSA' | 'EC';
  const keyOps = checkedOperations(type, request.keyOps);
  const version = newVersion(clock.now(), request.attributes, request.tags);
  const material = await generate(type, request.keySize ?? 2048, request.crv ?? 'P-256');
  return vaults.keys.add(vault.name, name, { ...version, material, hsm: hsm !== undefined, keyOps });
}

/** A key that somebody brings. @throws VaultError 400, 409 */
export function importKey(
  vaults: Vaults,
  clock: Clock,
  vault: ArmResource,
  name: string,
  request: Omit<KeyRequest, 'kty'> & { key?: JsonWebKey; hsm?: boolean },
): KeyVersion {
  if (typeof request.key !== 'object' || request.key === null) throw badParameter('Parameter key is required');
  const hsm = request.hsm === true || request.key.kty?.endsWith('-HSM') === true;
  checkHsm(vault, hsm);
  const material = imported(request.key);
  const keyOps = checkedOperations(material.kty, request.keyOps);
  const version = newVersion(clock.now(), request.attributes, request.tags);
  return vaults.keys.add(vault.name, name, { ...version, material, hsm, keyOps });
}
