import { ArmError } from '../../arm/types.ts';

/** Errors of the compute resource provider: codes as documented or seen from the live service, messages in its words. */

/** 400: a value that the provider does not take. */
export function invalidParameter(target: string, message: string): ArmError {
  return new ArmError(400, 'InvalidParameter', message, { details: { target } });
}

/**
 * Names of disks and snapshots: 1 to 80 letters, digits, `_`, `-` and `.`, beginning with a letter, digit or `_` and
 * ending with a letter, digit or `_` ("Naming rules and restrictions for Azure resources", Microsoft.Compute).
 * @throws ArmError 400 InvalidParameter
 */
export function checkName(kind: 'disk' | 'snapshot', name: string): void {
  if (name.length <= 80 && /^\w([\w.-]*\w)?$/.test(name)) return;
  throw invalidParameter(`${kind}.name`, `The value of parameter ${kind}.name is invalid.`);
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
  return new ArmError(501, 'NotImplemented', `This local Azure has no ${what}.`);
}
