import { expect, test } from 'vitest';
import { createClock } from '../../../sandbox/core/clock.ts';
import { keyVaultService } from '../../../sandbox/keyvault/dataPlane.ts';
import { VaultContents } from '../../../sandbox/keyvault/vaults.ts';
import { tenantId, tokens } from '../arm/world.ts';

test('the names of vaults that exist resolve, and no others', () => {
  const contents = new Map([['v1', new VaultContents()]]);
  const service = keyVaultService({ contents, tokens, tenantId, clock: createClock() });
  expect(['v1.vault.azure.net', 'v2.vault.azure.net', 'v1'].map((host) => service.answers(host))).toEqual([
    true,
    false,
    false,
  ]);
});
