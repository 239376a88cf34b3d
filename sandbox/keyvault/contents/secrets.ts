import type { ArmResource } from '../../arm/types.ts';
import type { Clock } from '../../core/types.ts';
import { badParameter } from '../errors.ts';
import { newVersion, type AttributesBody, type SecretVersion } from './versions.ts';
import type { Vaults } from './vaults.ts';

/** Characters of a secret's value. */
const MAX_VALUE = 25_600;

export interface SecretRequest {
  value?: unknown;
  contentType?: string;
  attributes?: AttributesBody;
  tags?: Record<string, string>;
}

/** Sets a secret: every set makes a version. @throws VaultError 400, 409 */
export function setSecret(
  vaults: Vaults,
  clock: Clock,
  vault: ArmResource,
  name: string,
  request: SecretRequest,
): SecretVersion {
  const { value, contentType, attributes, tags } = request;
  if (typeof value !== 'string') throw badParameter('Parameter value is required');
  if (value.length > MAX_VALUE) {
    throw badParameter(`The value of secret ${name} has ${value.length} characters; at most ${MAX_VALUE} are allowed.`);
  }
  const version = newVersion(clock.now(), attributes, tags);
  return vaults.secrets.add(vault.name, name, { ...version, value, ...(contentType && { contentType }) });
}
