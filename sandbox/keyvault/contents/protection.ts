import type { ArmResource } from '../../arm/types.ts';

/** How a vault keeps what is deleted in it. */
export interface Protection {
  retentionDays: number;
  purgeProtected: boolean;
  /** As `recoveryLevel` of keys and secrets says it (REST: DeletionRecoveryLevel). */
  recoveryLevel: string;
}

export function protectionOf(vault: ArmResource): Protection {
  const { softDeleteRetentionInDays = 90, enablePurgeProtection } = vault.properties ?? {};
  const retentionDays = softDeleteRetentionInDays as number;
  const purgeProtected = enablePurgeProtection === true;
  const level = retentionDays < 90 ? 'CustomizedRecoverable' : 'Recoverable';
  return { retentionDays, purgeProtected, recoveryLevel: purgeProtected ? level : `${level}+Purgeable` };
}
