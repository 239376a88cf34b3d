import { ArmError } from '../../arm/types.ts';
import { VaultError } from '../errors.ts';

/** Microsoft.KeyVault's errors, with the service's codes and texts. */

export const badRequest = (message: string) => new ArmError(400, 'BadRequest', message);

export const nameNotValid = (name: string) =>
  new ArmError(
    400,
    'VaultNameNotValid',
    `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must ` +
      'begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more ' +
      'information: https://go.microsoft.com/fwlink/?linkid=2147742',
  );

export const nameTaken = (name: string) =>
  new ArmError(
    409,
    'VaultAlreadyExists',
    `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is ` +
      'already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same ' +
      'name was recently deleted but not purged after being placed in a recoverable state.',
  );

export const nameIsDeleted = () =>
  new ArmError(
    409,
    'ConflictError',
    'A vault with the same name already exists in deleted state. You need to either recover or purge existing key ' +
      'vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.',
  );

export const deletedVaultNotFound = (name: string) =>
  new ArmError(404, 'DeletedVaultNotFound', `The specified deleted vault '${name}' does not exist.`);

export const purgeNotAllowed = () =>
  new ArmError(405, 'MethodNotAllowed', "Operation 'DeletedVaultPurge' is not allowed.");

/** Does something with a vault's contents on behalf of ARM: the data plane's errors become ARM's. */
export async function onContents<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VaultError) throw new ArmError(error.status, error.code, error.message);
    throw error;
  }
}
