import { ArmError, type ResourceType } from '../../arm/types.ts';

/** Errors of the compute resource provider: codes as documented or seen from the live service, messages in its words. */

/** 400: a value that the provider does not take. */
export function invalidParameter(target: string, message: string): ArmError {
  return new ArmError(400, 'InvalidParameter', message, { details: { target } });
}

/** 400: a property that must be there. */
export function missingParameter(target: string): ArmError {
  return invalidParameter(target, `Required parameter '${target}' is missing (null).`);
}

/** 400: a value that is not one of a few. */
export function notOneOf(target: string, value: unknown, allowed: readonly string[]): ArmError {
  const given = typeof value === 'string' ? value : JSON.stringify(value);
  return invalidParameter(
    target,
    `The value '${given}' of parameter '${target}' is invalid. Supported values are: ${allowed.join(', ')}.`,
  );
}

const NAME = /^\w([\w.-]{0,78}\w)?$/;

/**
 * Names of disks and snapshots: 1 to 80 letters, digits, `_`, `-` and `.`, beginning with a letter, digit or `_` and
 * ending with a letter, digit or `_` ("Naming rules and restrictions for Azure resources", Microsoft.Compute).
 * @throws ArmError 400 InvalidParameter
 */
export function checkName(kind: string, name: string): void {
  if (!NAME.test(name)) throw invalidName(kind);
}

function invalidName(kind: string): ArmError {
  return invalidParameter(`${kind}.name`, `The value of parameter ${kind}.name is invalid.`);
}

/** The same for names of what stands below a machine or collection, whose rules are not documented. */
export function nameRule(kind: string): NonNullable<ResourceType['nameRule']> {
  return { pattern: NAME, refuse: () => invalidName(kind) };
}

/** 409: the resource is in a state that forbids it. */
export function notAllowed(message: string): ArmError {
  return new ArmError(409, 'OperationNotAllowed', message);
}

/** 409: a property that stays as it was made. */
export function propertyFixed(name: string): ArmError {
  return new ArmError(409, 'PropertyChangeNotAllowed', `Changing property '${name}' is not allowed.`, {
    details: { target: name },
  });
}

/** 409: two wishes of one request, or of a request and what stands, exclude each other. */
export function conflictingInput(message: string): ArmError {
  return new ArmError(409, 'ConflictingUserInput', message);
}

/** 400: zones stay as they were made. */
export function zonesFixed(id: string, zones: readonly string[]): ArmError {
  return new ArmError(
    400,
    'ResourceAvailabilityZonesCannotBeModified',
    `The zone(s) '${zones.join(',')}' for resource '${id.split('/providers/').at(-1)}' cannot be modified.`,
  );
}

/** 400: zones that the region has not. */
export function checkZones(id: string, location: string, zones: unknown): void {
  if (zones == null) return;
  const known = ['1', '2', '3'];
  const wrong = Array.isArray(zones) ? zones.filter((zone) => !known.includes(String(zone))) : [zones];
  if (wrong.length === 0) return;
  throw new ArmError(
    400,
    'InvalidAvailabilityZone',
    `The zone(s) '${wrong.join(',')}' for resource '${id.split('/providers/').at(-1)}' is not supported. ` +
      `The supported zones for location '${location}' are '${known.join(',')}'`,
  );
}

/** 404: a resource that the body names. */
export function referenceNotFound(id: string): ArmError {
  const [, , , , group, , , , name] = id.split('/');
  return new ArmError(
    404,
    'NotFound',
    `Resource ${name ?? id} is not found in resource group ${group ?? '<null>'} (${id}).`,
  );
}

/** 409: a SAS is in force (aka.ms/revokeaccessapi). */
export function activeSas(name: string): ArmError {
  return notAllowed(
    `There is an active shared access signature outstanding for disk ${name}. ` +
      'Call EndGetAccess before attaching or deleting this disk. Learn more here: aka.ms/revokeaccessapi.',
  );
}

/** 501: published, but not part of this local Azure. */
export function notHere(what: string): ArmError {
  return new ArmError(501, 'SandboxNotSupported', `The local Azure has no ${what}.`);
}
