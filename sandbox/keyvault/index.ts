import type { ArmWorld, Provider } from '../arm/types.ts';
import type { Service, Tokens } from '../core/types.ts';
import { openGate, type VaultGate } from './access.ts';
import { createVaults } from './contents/vaults.ts';
import { keyVaultService } from './data/service.ts';
import { keyVaultProvider } from './provider/index.ts';

/** Key Vault: its ARM provider and its data plane, over the same vaults. */
export function createKeyVault(options: { world: ArmWorld; tokens: Tokens; gate?: VaultGate }): {
  provider: Provider;
  service: Service;
} {
  const { world, tokens, gate = openGate } = options;
  const vaults = createVaults(world);
  return {
    provider: keyVaultProvider(vaults),
    service: keyVaultService({ vaults, gate, tokens, tenantId: world.tenantId, clock: world.clock }),
  };
}
