import type { ArmResource } from '../../arm/types.ts';
import { publicParts } from '../crypto/material.ts';
import { protectionOf } from './protection.ts';
import type { Version } from './items.ts';
import type { KeyVersion, SecretVersion } from './versions.ts';

/** Keys and secrets as the data plane shows them (REST: KeyBundle, SecretBundle and their deleted forms). */

export const vaultUrl = (vault: ArmResource) => `https://${vault.name.toLowerCase()}.vault.azure.net`;

export function attributesOf(vault: ArmResource, version: Version) {
  const { retentionDays, recoveryLevel } = protectionOf(vault);
  const { enabled, exp, nbf, created, updated } = version;
  return { enabled, exp, nbf, created, updated, recoveryLevel, recoverableDays: retentionDays };
}

export const keyType = ({ material, hsm }: KeyVersion) => (hsm ? `${material.kty}-HSM` : material.kty);

export function keyBundle(vault: ArmResource, name: string, key: KeyVersion) {
  return {
    key: {
      kid: `${vaultUrl(vault)}/keys/${name}/${key.version}`,
      kty: keyType(key),
      key_ops: key.keyOps,
      ...publicParts(key.material),
    },
    attributes: { ...attributesOf(vault, key), exportable: false },
    tags: key.tags,
  };
}

export function secretBundle(vault: ArmResource, name: string, secret: SecretVersion) {
  return { value: secret.value, ...secretItem(vault, name, secret, secret.version) };
}

/** A key in a list. @param version named in the id; undefined: the id names none */
export function keyItem(vault: ArmResource, name: string, key: KeyVersion, version?: string) {
  const kid = `${vaultUrl(vault)}/keys/${name}${version ? `/${version}` : ''}`;
  return { kid, attributes: { ...attributesOf(vault, key), exportable: false }, tags: key.tags };
}

/** A secret in a list: without its value. */
export function secretItem(vault: ArmResource, name: string, secret: SecretVersion, version?: string) {
  const id = `${vaultUrl(vault)}/secrets/${name}${version ? `/${version}` : ''}`;
  const { contentType, tags } = secret;
  return { id, contentType, tags, attributes: attributesOf(vault, secret) };
}

/** What deleted items have beside. */
export function deletedFields(
  vault: ArmResource,
  kind: 'keys' | 'secrets',
  name: string,
  deleted: { date: number; purge: number },
) {
  return {
    recoveryId: `${vaultUrl(vault)}/deleted${kind}/${name}`,
    deletedDate: deleted.date,
    scheduledPurgeDate: deleted.purge,
  };
}
