import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { invalidParameter, missingParameter, propertyFixed } from '../errors.ts';
import { chosen, object, objects, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';
import { isPublicKey } from './sshKey.ts';

type Os = 'Linux' | 'Windows';

/** What a machine is made with and never gives back. */
const SECRET = ['adminPassword', 'customData'] as const;
const LONGEST_CUSTOM_DATA = 87_380;
/** REST reference of osProfile: disallowed values. */
const FORBIDDEN_USERS = new Set(
  (
    'administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2 aspnet backup console david ' +
    'guest john owner root server sql support support_388945a0 sys test2 test3 user4 user5'
  ).split(' '),
);
const FORBIDDEN_PASSWORDS = new Set(
  'abc@123 P@$$w0rd P@ssw0rd P@ssword123 Pa$$word pass@word1 Password! Password1 Password22 iloveyou!'.split(' '),
);

/**
 * The profile of a new machine, as Azure shows it.
 * @throws ArmError 400 InvalidParameter
 */
export function newOsProfile(asked: Json, os: Os): Json {
  if (Object.keys(asked).length === 0) throw missingParameter('osProfile');
  checkComputerName(text(asked, 'computerName'), os);
  checkUser(text(asked, 'adminUsername'), os);
  const linux = object(asked, 'linuxConfiguration');
  const keys = objects(object(linux, 'ssh'), 'publicKeys');
  checkKeys(keys, text(asked, 'adminUsername') ?? '');
  const password = text(asked, 'adminPassword');
  const passwordNeeded = os === 'Windows' || linux['disablePasswordAuthentication'] !== true;
  if (os === 'Linux' && !passwordNeeded && keys.length === 0) {
    throw invalidParameter(
      'linuxConfiguration',
      'Authentication using either SSH or by user name and password must be enabled in Linux profile.',
    );
  }
  // Without a password a machine with keys still starts: only the portal asks for both.
  if (password === undefined && passwordNeeded && keys.length === 0) throw missingParameter('adminPassword');
  if (password !== undefined) checkPassword(password, os);
  checkCustomData(text(asked, 'customData'));
  return {
    ...chosen(asked, ['computerName', 'adminUsername', 'linuxConfiguration', 'windowsConfiguration']),
    secrets: objects(asked, 'secrets'),
    allowExtensionOperations: asked['allowExtensionOperations'] ?? true,
    requireGuestProvisionSignal: true,
  };
}

/**
 * What a request may say of the profile of a machine that exists: what it is already, and few things more.
 * @throws ArmError 409 PropertyChangeNotAllowed
 */
export function updatedOsProfile(parts: ComputeParts, id: string, asked: Json, had: Json): Json {
  for (const name of ['computerName', 'adminUsername'] as const) {
    if (asked[name] != null && asked[name] !== had[name]) throw propertyFixed(`osProfile.${name}`);
  }
  const keysOf = (profile: Json) => object(profile, 'linuxConfiguration')['ssh'];
  if (keysOf(asked) != null && !isDeepStrictEqual(keysOf(asked), keysOf(had))) {
    throw propertyFixed('linuxConfiguration.ssh.publicKeys');
  }
  const digests = parts.osSecrets.get(id.toLowerCase()) ?? {};
  for (const name of SECRET) {
    const given = text(asked, name);
    if (given !== undefined && digest(id, given) !== digests[name]) throw propertyFixed(`osProfile.${name}`);
  }
  return { ...had, ...chosen(asked, ['allowExtensionOperations']) };
}

/** Keeps what later requests are compared with. */
export function rememberSecrets(parts: ComputeParts, id: string, asked: Json): void {
  const digests = SECRET.flatMap((name) => {
    const given = text(asked, name);
    return given === undefined ? [] : [[name, digest(id, given)]];
  });
  parts.osSecrets.set(id.toLowerCase(), Object.fromEntries(digests) as Record<string, string>);
}

function digest(id: string, value: string): string {
  return createHash('sha256').update(`${id.toLowerCase()}\n${value}`).digest('base64');
}

function checkComputerName(name: string | undefined, os: Os): void {
  if (name === undefined) throw missingParameter('osProfile.computerName');
  const forbidden = /[`~!@#$%^&*()=+_[\]{}\\|;:'",<>/?]/;
  const tooLong = name.length > (os === 'Windows' ? 15 : 64);
  const windowsOnly = os === 'Windows' && (/^\d+$/.test(name) || name.includes('.'));
  if (name !== '' && !tooLong && !forbidden.test(name) && !windowsOnly) return;
  throw invalidParameter(
    'computerName',
    os === 'Windows'
      ? 'Windows computer name cannot be more than 15 characters long, be entirely numeric, or contain the following ' +
          'characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . \' " , < > / ?.'
      : 'Linux host name cannot exceed 64 characters in length or contain the following characters: ' +
          '` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : \' " , < > / ?.',
  );
}

function checkUser(name: string | undefined, os: Os): void {
  if (name === undefined) throw missingParameter('osProfile.adminUsername');
  const longest = os === 'Windows' ? 20 : 64;
  const wellFormed = name.length >= 1 && name.length <= longest && !/[\\/"[\]:|<>+=;,?*@&\s]|\.$/.test(name);
  if (wellFormed && !FORBIDDEN_USERS.has(name.toLowerCase())) return;
  throw invalidParameter(
    'adminUsername',
    'The Admin Username specified is not allowed. For more information about disallowed usernames, see ' +
      'https://aka.ms/vmosprofile',
  );
}

function checkPassword(password: string, os: Os): void {
  const [least, most] = os === 'Windows' ? [8, 123] : [6, 72];
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[\W_]/].filter((kind) => kind.test(password)).length;
  const long = password.length >= least && password.length <= most;

  if (long && kinds >= 3 && !/[\u0000-\u001f]/.test(password) && !FORBIDDEN_PASSWORDS.has(password)) return;
  throw invalidParameter(
    'adminPassword',
    `The supplied password must be between ${least}-${most} characters long and must satisfy at least 3 of password ` +
      'complexity requirements from the following:\r\n1) Contains an uppercase character\r\n2) Contains a lowercase ' +
      'character\r\n3) Contains a numeric digit\r\n4) Contains a special character\r\n5) Control characters are not allowed',
  );
}

function checkKeys(keys: Json[], user: string): void {
  for (const key of keys) {
    const path = `/home/${user}/.ssh/authorized_keys`;
    if ((text(key, 'path') ?? path) !== path) {
      throw invalidParameter(
        'linuxConfiguration.ssh.publicKeys.path',
        `Destination path for SSH public keys is currently limited to its default value ${path}  due to a known issue in ` +
          'Linux provisioning agent.',
      );
    }
    if (isPublicKey(text(key, 'keyData') ?? '')) continue;
    throw invalidParameter(
      'linuxConfiguration.ssh.publicKeys.keyData',
      'The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.',
    );
  }
}

function checkCustomData(data: string | undefined): void {
  if (data === undefined || (data.length <= LONGEST_CUSTOM_DATA && /^[\w+/\s]*={0,2}\s*$/.test(data))) return;
  throw invalidParameter(
    'customData',
    `Custom data in OSProfile must be in Base64 encoding and with a maximum length of ${LONGEST_CUSTOM_DATA} characters.`,
  );
}
