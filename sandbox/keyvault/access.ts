import type { ArmResource } from '../arm/types.ts';
import type { Caller, Origin, Principal } from '../core/types.ts';
import type { VaultError } from './errors.ts';

/** A request to a vault's data plane, as far as its authorization goes. */
export interface VaultRequest {
  vault: ArmResource;
  caller: Caller;
  principal: Principal;
  /** As Azure RBAC names it: `Microsoft.KeyVault/vaults/keys/wrap/action`. */
  dataAction: string;
  /** As access policies name it: `{ kind: 'keys', name: 'wrapKey' }`, `{ kind: 'secrets', name: 'get' }`. */
  permission: { kind: 'keys' | 'secrets'; name: string };
  /** Id of the vault, or of the key or secret in it that the request is about. */
  scope: string;
}

/** What stands before a vault's data, once the token is known to be sound. Each answers with the refusal, or undefined: the request goes on. */
export interface VaultGate {
  /** Whether the principal may come from there: firewall, private endpoints. */
  network(vault: ArmResource, origin: Origin, principal: Principal): VaultError | undefined;
  /** Whether the principal may do it: role assignments or access policies. */
  access(request: VaultRequest): VaultError | undefined;
}
