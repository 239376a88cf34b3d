import type { ArmResource } from '../../arm/types.ts';
import { sqlError } from '../errors.ts';
import type { SqlParts } from '../parts.ts';

/** Names of servers and instances: they become host names. */
export const SERVER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export function invalidServerName(name: string) {
  return sqlError(
    400,
    'InvalidServerName',
    `'${name}' is not a valid name. It can only be made up of lowercase letters 'a'-'z', the numbers 0-9 and the hyphen. ` +
      'The hyphen may not lead or trail in the name, which has 1 to 63 characters.',
  );
}

/** The server or instance of that name anywhere in the world: their names are unique in Azure. */
export function ownerNamed(parts: SqlParts, type: string, name: string): ArmResource | undefined {
  return parts.world.store.list({ type }).find((server) => server.name.toLowerCase() === name.toLowerCase());
}

/** @throws ArmError 400 NameAlreadyExists */
export function checkFree(parts: SqlParts, type: string, name: string): void {
  if (!ownerNamed(parts, type, name)) return;
  throw sqlError(400, 'NameAlreadyExists', `The name '${name}' already exists. Choose a different name.`);
}
