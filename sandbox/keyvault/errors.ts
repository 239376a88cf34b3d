import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ArmResource } from '../arm/types.ts';
import type { Principal } from '../core/types.ts';

/** An error of the data plane: `{error: {code, message, innererror?}}`. */
export class VaultError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly inner: string | undefined;
  constructor(status: ContentfulStatusCode, code: string, message: string, inner?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.inner = inner;
  }

  body(): { error: { code: string; message: string; innererror?: { code: string } } } {
    const { code, message, inner } = this;
    return { error: { code, message, ...(inner !== undefined && { innererror: { code: inner } }) } };
  }
}

/** Whoever asks, as messages name them. */
export function callerOf({ clientId, objectId }: Principal, tenantId: string): string {
  return `appid=${clientId};oid=${objectId};iss=https://sts.windows.net/${tenantId}/`;
}

/** The vault, as messages name it. */
export function placeOf({ name, location }: ArmResource): string {
  return `${name};location=${location}`;
}

/** Keys and secrets have the same rules; their messages name them. */
export type ItemKind = 'key' | 'secret';

const title = (kind: ItemKind) => (kind === 'key' ? 'Key' : 'Secret');

export const badParameter = (message: string) => new VaultError(400, 'BadParameter', message);

export const invalidValue = (property: string) => badParameter(`Property has invalid value: ${property}`);

export const notFound = (kind: ItemKind, id: string) =>
  new VaultError(
    404,
    `${title(kind)}NotFound`,
    `A ${kind} with (name/id) ${id} was not found in this key vault. If you recently deleted this ${kind} you may be ` +
      `able to recover it using the correct recovery command.`,
  );

export const deletedNotFound = (kind: ItemKind, name: string) =>
  new VaultError(404, `${title(kind)}NotFound`, `Deleted ${title(kind)} not found: ${name}`);

export const nameIsDeleted = (kind: ItemKind, name: string) =>
  new VaultError(
    409,
    'Conflict',
    `${title(kind)} ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this ` +
      `state, the ${kind} can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  );

export const alreadyThere = (kind: ItemKind, name: string) =>
  new VaultError(409, 'Conflict', `${title(kind)} ${name} already exists.`);

export const disabled = (kind: ItemKind, operation: string) =>
  new VaultError(
    403,
    'Forbidden',
    `Operation ${operation} is not allowed on a disabled ${kind}.`,
    `${title(kind)}Disabled`,
  );

export const outOfWindow = (operation: string, why: 'expired' | 'not yet valid') =>
  new VaultError(
    403,
    'Forbidden',
    `Operation ${operation} is not allowed on ${why === 'expired' ? 'an expired' : 'a not yet valid'} key.`,
    why === 'expired' ? 'KeyExpired' : 'KeyNotYetValid',
  );

export const operationNotPermitted = (operation: string) =>
  new VaultError(403, 'Forbidden', `Operation ${operation} is not permitted on this key.`, 'KeyOperationForbidden');

export const purgeNotAllowed = () =>
  new VaultError(
    403,
    'Forbidden',
    'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will ' +
      'automatically purge it after the retention period has passed.',
    'ForbiddenByPolicy',
  );

/** What this local Key Vault does not have. Loud on purpose. */
export const notSupported = (what: string) =>
  new VaultError(501, 'SandboxNotSupported', `The local Key Vault does not implement ${what}.`);
