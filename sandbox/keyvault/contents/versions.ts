import { randomBytes } from 'node:crypto';
import { invalidValue } from '../errors.ts';
import type { KeyMaterial } from '../crypto/material.ts';
import type { Version } from './items.ts';

/** A version of a key. The private half never leaves the vault, but inside a sealed backup. */
export interface KeyVersion extends Version {
  material: KeyMaterial;
  /** Shown as `RSA-HSM` or `EC-HSM`. */
  hsm: boolean;
  keyOps: string[];
}

export interface SecretVersion extends Version {
  value: string;
  contentType?: string;
}

/** `attributes` as requests carry them; times in seconds. */
export interface AttributesBody {
  enabled?: boolean;
  exp?: number;
  nbf?: number;
}

/** The fields of `attributes` that were given. @throws VaultError 400 */
export function givenAttributes(attributes: AttributesBody | null | undefined): AttributesBody {
  const { enabled, exp, nbf } = attributes ?? {};
  for (const [name, time] of Object.entries({ exp, nbf })) {
    if (time != null && !Number.isInteger(time)) throw invalidValue(`attributes.${name}`);
  }
  return {
    ...(enabled != null && { enabled }),
    ...(exp != null && { exp }),
    ...(nbf != null && { nbf }),
  };
}

/** The beginning of a new version. @param now milliseconds */
export function newVersion(
  now: number,
  attributes: AttributesBody | null | undefined,
  tags: Record<string, string> | null | undefined,
): Version {
  const seconds = Math.floor(now / 1000);
  return {
    version: randomBytes(16).toString('hex'),
    enabled: true,
    ...givenAttributes(attributes),
    created: seconds,
    updated: seconds,
    ...(tags && { tags }),
  };
}
