import { expect, test } from 'vitest';
import { createClock } from '../../../sandbox/core/clock.ts';
import { tenantId, tokens } from '../arm/world.ts';
import { loneVault } from './vault.ts';

test('the names of vaults that exist resolve, and no others', () => {
  const { service } = loneVault('v1', { tokens, tenantId, clock: createClock() });
  expect(['v1.vault.azure.net', 'v2.vault.azure.net', 'v1'].map((host) => service.answers(host))).toEqual([
    true,
    false,
    false,
  ]);
});
