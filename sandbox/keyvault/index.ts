import type { ArmWorld, Provider } from '../arm/types.ts';
import type { Service, Tokens } from '../core/types.ts';
import type { VaultGate } from './access.ts';
import { createVaults } from './contents/vaults.ts';
import { keyVaultService } from './data/service.ts';
import { firewallGate } from './firewall.ts';
import { permissionGate } from './permissions.ts';
import { keyVaultProvider } from './provider/index.ts';

/**
 * Key Vault: its ARM provider and its data plane, over the same vaults.
 * @param options.gate what takes the place of roles, access policies and networks
 */
export function createKeyVault(options: { world: ArmWorld; tokens: Tokens; gate?: Partial<VaultGate> }): {
  provider: Provider;
  service: Service;
} {
  const { world, tokens } = options;
  const gate = {
    network: firewallGate(world.tenantId),
    access: permissionGate(world.access, world.tenantId),
    ...options.gate,
  };
  const vaults = createVaults(world);
  return {
    provider: keyVaultProvider(vaults),
    service: keyVaultService({ vaults, gate, tokens, tenantId: world.tenantId, clock: world.clock }),
  };
}
