import type { ArmResource, Shape } from '../../arm/types.ts';
import { invalidParameter, sqlError } from '../errors.ts';
import type { Json } from '../parts.ts';

/** `administrators` of a server or instance: its Entra administrator. */
export interface EntraAdministrator {
  administratorType: 'ActiveDirectory';
  principalType?: string;
  login: string;
  sid: string;
  tenantId: string;
  azureADOnlyAuthentication: boolean;
}

/** What is read of a server's or instance's body. */
export const ownerShape: Shape = {
  properties: {
    administratorLogin: 'string',
    administratorLoginPassword: 'string',
    administrators: {
      administratorType: 'string',
      principalType: 'string',
      login: 'string',
      sid: 'string',
      tenantId: 'string',
      azureADOnlyAuthentication: 'boolean',
    },
    subnetId: 'string',
    minimalTlsVersion: 'string',
    publicNetworkAccess: 'string',
  },
};

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Logins that SQL Server has for itself (Servers, administratorLogin). */
const RESERVED_LOGINS = ['admin', 'administrator', 'dbmanager', 'dbo', 'guest', 'loginmanager', 'public', 'root', 'sa'];

/**
 * The administrators that a new server or instance is asked to have: a SQL login, an Entra administrator, or both. The
 * password is checked and forgotten.
 * @throws ArmError 400 InvalidParameterValue, InvalidLoginName, PasswordTooShort, PasswordTooLong, PasswordNotComplex
 */
export function administratorsOf(
  asked: Json,
  existing: ArmResource | undefined,
  tenantId: string,
): { administratorLogin?: string; administrators?: EntraAdministrator } {
  const before = existing?.properties ?? {};
  const entra = entraOf(asked['administrators'] as Json | undefined, tenantId);
  const administrators = entra ?? (before['administrators'] as EntraAdministrator | undefined);
  const login = (asked['administratorLogin'] ?? before['administratorLogin']) as string | undefined;
  if (existing && login !== before['administratorLogin']) throw invalidParameter('Login');
  const password = asked['administratorLoginPassword'] as string | undefined;
  if (password !== undefined) checkPassword(password, login ?? '');
  if (!existing && administrators?.azureADOnlyAuthentication !== true) {
    if (!login) throw invalidParameter('Login');
    if (password === undefined) throw invalidParameter('Password');
  }
  if (!existing && login) checkLogin(login);
  return { ...(login && { administratorLogin: login }), ...(administrators && { administrators }) };
}

/** @throws ArmError 400 InvalidParameterValue */
function entraOf(asked: Json | undefined, tenantId: string): EntraAdministrator | undefined {
  if (!asked) return undefined;
  const { login, sid, principalType, azureADOnlyAuthentication } = asked;
  if (typeof login !== 'string' || login === '') throw invalidParameter('administrators.login');
  if (typeof sid !== 'string' || !GUID.test(sid)) throw invalidParameter('administrators.sid');
  return {
    administratorType: 'ActiveDirectory',
    ...(typeof principalType === 'string' && { principalType }),
    login,
    sid,
    tenantId: (asked['tenantId'] as string | undefined) ?? tenantId,
    azureADOnlyAuthentication: azureADOnlyAuthentication === true,
  };
}

function checkLogin(login: string): void {
  if (RESERVED_LOGINS.includes(login.toLowerCase()) || !/^[^\s@\\/"':;<>|,=]{1,128}$/.test(login)) {
    throw sqlError(
      400,
      'InvalidLoginName',
      `'${login}' is not a valid login name: it is reserved, or contains characters that a login must not have.`,
    );
  }
}

/** Password policy of SQL Server: 8 to 128 characters of three of four kinds, without the login's name. */
function checkPassword(password: string, login: string): void {
  if (password.length < 8) throw sqlError(400, 'PasswordTooShort', 'The provided password is too short.');
  if (password.length > 128) throw sqlError(400, 'PasswordTooLong', 'The provided password is too long.');
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(password)).length;
  if (kinds < 3 || (login !== '' && password.toLowerCase().includes(login.toLowerCase()))) {
    throw sqlError(
      400,
      'PasswordNotComplex',
      'Password validation failed. The password does not meet policy requirements because it is not complex enough.',
    );
  }
}

/** One of some words, whatever the casing, or the default. @throws ArmError 400 InvalidParameterValue */
export function word(asked: unknown, allowed: string[], otherwise: string, parameter: string): string {
  if (asked === undefined || asked === null) return otherwise;
  const found = allowed.find((value) => value.toLowerCase() === String(asked).toLowerCase());
  if (!found) throw invalidParameter(parameter);
  return found;
}
