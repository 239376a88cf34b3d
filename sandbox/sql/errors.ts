import { ArmError } from '../arm/types.ts';

/**
 * Errors of Microsoft.Sql. Codes and statuses are those that its specification lists for each operation ("Error
 * Responses" in azure-rest-api-specs, sql); messages say the same in the words of the service.
 */
export function sqlError(status: number, code: string, message: string): ArmError {
  return new ArmError(status, code, message);
}

export function invalidParameter(name: string): ArmError {
  return sqlError(
    400,
    'InvalidParameterValue',
    `Invalid value given for parameter ${name}. Specify a valid parameter value.`,
  );
}

export function reservedName(name: string): ArmError {
  return sqlError(
    400,
    'CannotUseReservedDatabaseName',
    `Cannot use reserved database name '${name}' in this operation.`,
  );
}

export function nameInUse(name: string): ArmError {
  return sqlError(400, 'DatabaseNameInUse', `Database '${name}' already exists. Choose a different database name.`);
}

export function sourceNotFound(): ArmError {
  return sqlError(400, 'SourceDatabaseNotFound', 'The source database does not exist.');
}

export function invalidPointInTime(asked: string, days: number): ArmError {
  return sqlError(
    400,
    'PitrPointInTimeInvalid',
    `The point in time '${asked}' is not valid. Valid point in time range from ${days} days early to now and not before source server creation time.`,
  );
}

export function busy(name: string): ArmError {
  return sqlError(
    409,
    'ConflictingDatabaseOperation',
    `There is already some operation on the database '${name}' and the current operation should wait till it is done.`,
  );
}

export function cancelled(): ArmError {
  return sqlError(409, 'OperationCancelled', 'The operation has been cancelled by user.');
}

/** What Azure has and this local one has not. */
export function notHere(what: string): ArmError {
  return new ArmError(501, 'SandboxNotSupported', `This local Azure does not support ${what} in Microsoft.Sql.`);
}
