import type { ArmWorld, Provider } from '../arm/types.ts';
import type { Service, Tokens } from '../core/types.ts';
import { keyVaultService } from './dataPlane.ts';
import { keyVaultProvider } from './provider.ts';
import type { VaultContents } from './vaults.ts';

/** Key Vault: its ARM provider and its data plane, over the same vaults. */
export function createKeyVault(options: { world: ArmWorld; tokens: Tokens }): { provider: Provider; service: Service } {
  const { world, tokens } = options;
  const contents = new Map<string, VaultContents>();
  return {
    provider: keyVaultProvider(contents),
    service: keyVaultService({ contents, tokens, tenantId: world.tenantId, clock: world.clock }),
  };
}
