import type { ArmResource } from '../../arm/types.ts';
import type { Clock } from '../../core/types.ts';
import { generate } from '../crypto/material.ts';
import { invalidValue } from '../errors.ts';
import type { RotationPolicy } from './items.ts';
import { newVersion, type KeyVersion } from './versions.ts';
import type { Vaults } from './vaults.ts';

/** What a key's policy is until somebody sets one. */
const standard: RotationPolicy = {
  lifetimeActions: [{ trigger: { timeBeforeExpiry: 'P30D' }, action: { type: 'Notify' } }],
  attributes: {},
};

const duration = /^P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?$/;

/** A moment later by an ISO 8601 duration of years, months and days. In seconds. */
function later(seconds: number, length: string): number {
  const [years, months, days] = (duration.exec(length) ?? []).slice(1).map((part) => Number(part ?? 0));
  const date = new Date(seconds * 1000);
  date.setUTCFullYear(date.getUTCFullYear() + years!, date.getUTCMonth() + months!, date.getUTCDate() + days!);
  return Math.floor(date.getTime() / 1000);
}

export const policyOf = (vaults: Vaults, vault: ArmResource, name: string): RotationPolicy =>
  vaults.keys.require(vault.name, name).rotationPolicy ?? standard;

/** @throws VaultError 400, 404 */
export function setPolicy(
  vaults: Vaults,
  clock: Clock,
  vault: ArmResource,
  name: string,
  given: Partial<RotationPolicy>,
): RotationPolicy {
  const { lifetimeActions = [], attributes: { expiryTime } = {} } = given;
  const times = lifetimeActions.flatMap(({ trigger }) => Object.values(trigger ?? {}));
  for (const time of [...times, ...(expiryTime ? [expiryTime] : [])]) {
    if (!duration.test(time)) throw invalidValue(`rotation policy: ${time} is no duration of years, months or days`);
  }
  const now = Math.floor(clock.now() / 1000);
  const { created = now } = policyOf(vaults, vault, name).attributes;
  const attributes = { ...(expiryTime && { expiryTime }), created, updated: now };
  return vaults.keys.setRotationPolicy(vault.name, name, { lifetimeActions, attributes });
}

/** A new version like the newest, with new material; it expires as the key's policy says. */
export async function rotate(vaults: Vaults, clock: Clock, vault: ArmResource, name: string): Promise<KeyVersion> {
  const { keyOps, hsm, tags, material } = vaults.keys.version(vault.name, name);
  const { expiryTime } = policyOf(vaults, vault, name).attributes;
  const version = newVersion(clock.now(), {}, tags);
  const fresh = await generate(material.kty, material.keySize ?? 0, material.crv ?? '');
  return vaults.keys.add(vault.name, name, {
    ...version,
    ...(expiryTime && { exp: later(version.created, expiryTime) }),
    material: fresh,
    hsm,
    keyOps,
  });
}
