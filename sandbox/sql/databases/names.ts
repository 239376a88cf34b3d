import type { ArmError } from '../../arm/types.ts';
import { reservedName, sqlError } from '../errors.ts';

/** Names of databases on servers and instances. */
export const databaseNameRule = {
  pattern: /^[^<>*%&:\\/?\p{Cc}]{1,128}(?<![. ])$/u,
  refuse: (name: string): ArmError =>
    name.endsWith(' ')
      ? sqlError(400, 'CannotUseTrailingWhitespacesInDatabaseName', 'The database name validation failed.')
      : sqlError(400, 'UnsupportedServiceName', `The specified name '${name}' is an invalid name.`),
};

const SYSTEM = ['master', 'model', 'msdb', 'tempdb'];

/** SQL Server's own databases cannot be made, changed or deleted. @throws ArmError 400 CannotUseReservedDatabaseName */
export function refuseSystem(name: string): void {
  if (SYSTEM.includes(name.toLowerCase())) throw reservedName(name);
}
