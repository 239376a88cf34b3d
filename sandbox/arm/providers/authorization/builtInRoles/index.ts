import { computeRoles } from './compute.ts';
import { generalRoles } from './general.ts';
import { keyVaultRoles } from './keyVault.ts';
import { networkRoles } from './network.ts';
import type { BuiltInRole } from './role.ts';
import { storageRoles } from './storage.ts';

/** The built-in roles that this world knows. Azure has hundreds more. */
export const builtInRoles: BuiltInRole[] = [
  ...generalRoles,
  ...storageRoles,
  ...keyVaultRoles,
  ...networkRoles,
  ...computeRoles,
];
