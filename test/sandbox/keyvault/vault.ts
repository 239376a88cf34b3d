import type { ArmResource } from '../../../sandbox/arm/types.ts';
import { createWorld } from '../../../sandbox/arm/world.ts';
import { createFaults } from '../../../sandbox/core/faults.ts';
import { openState } from '../../../sandbox/core/state.ts';
import type { Clock, Service, Tokens } from '../../../sandbox/core/types.ts';
import type { VaultGate } from '../../../sandbox/keyvault/access.ts';
import { createKey } from '../../../sandbox/keyvault/contents/keys.ts';
import { createVaults, type Vaults } from '../../../sandbox/keyvault/contents/vaults.ts';
import { keyVaultService } from '../../../sandbox/keyvault/data/service.ts';

const subscriptionId = '11111111-1111-4111-8111-111111111111';

/** One vault without ARM in front: its data plane, open to everybody, and what lies in it. */
export interface LoneVault {
  service: Service;
  vaults: Vaults;
  createKey(name: string, keyOps: string[]): Promise<void>;
}

export function loneVault(
  name: string,
  options: { tokens: Tokens; tenantId: string; clock: Clock; access?: VaultGate['access'] },
): LoneVault {
  const { tokens, tenantId, clock, access = () => undefined } = options;
  const world = createWorld({
    clock,
    tenantId,
    seed: name,
    subscriptions: [],
    state: openState(),
    faults: createFaults(),
  });
  const vault: ArmResource = {
    id: `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/${name}`,
    name,
    type: 'Microsoft.KeyVault/vaults',
    location: 'westeurope',
    properties: {},
  };
  world.store.put(vault);
  const vaults = createVaults(world);
  vaults.created(vault);
  return {
    service: keyVaultService({
      vaults,
      gate: { network: () => undefined, access },
      tokens,
      tenantId,
      clock,
    }),
    vaults,
    createKey: async (key, keyOps) => void (await createKey(vaults, clock, vault, key, { kty: 'RSA', keyOps })),
  };
}
