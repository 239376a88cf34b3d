import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { config } from 'zod';
import { StrongroomError } from '../../model/errors.ts';
import type { Repository, Unlock } from '../../repository/index.ts';
import type { KeyWrapper, ObjectStore } from '../../repository/ports.ts';
import type { Io } from '../io/io.ts';
import type { RepositoryOptions } from './options.ts';

// A command reads a few documents: to compile their schemas would take longer than to read them.
config({ jitless: true });

/**
 * The store that an address names: a folder's path, `file:` or `https://{account}.blob.core.windows.net/{container}`.
 * @param options mustExist: a folder is not made
 * @throws INVALID_INPUT, REPOSITORY_UNKNOWN (no such folder)
 */
export async function openStore(address: string, { mustExist = true } = {}): Promise<ObjectStore> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase();
  if (scheme === 'https') return containerStore(address);
  if (scheme && scheme !== 'file') {
    throw new StrongroomError(
      'INVALID_INPUT',
      `A repository at ${scheme}: is not possible. Name a folder, or https://{account}.blob.core.windows.net/{container}.`,
    );
  }
  const folder = scheme ? pathOf(address) : address;
  const found = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new StrongroomError(
      'INVALID_INPUT',
      `The folder ${folder} cannot be reached (${cause.code}): check its path.`,
      {
        cause,
      },
    );
  });
  if (found && !found.isDirectory())
    throw new StrongroomError('INVALID_INPUT', `${folder} is not a folder: a repository is a folder or a URL.`);
  if (!found && mustExist) {
    throw new StrongroomError(
      'REPOSITORY_UNKNOWN',
      `There is no folder ${folder}: check the path, or make a repository there with "strongroom repo init".`,
    );
  }
  const { folderStore } = await import('../../repository/index.ts');
  return folderStore(folder);
}

/** Where the options say that the repository is. @throws INVALID_INPUT */
export function addressOf(given: string | undefined, env: Io['env']): string {
  const address = given || env.STRONGROOM_REPO;
  if (address) return address;
  throw new StrongroomError('INVALID_INPUT', 'Which repository? Name it with --repo, or in STRONGROOM_REPO.');
}

/**
 * Opens the repository with the key that the options name.
 * @param work bytes that are going to be worked on: threads begin meanwhile
 * @throws what {@link openStore} and openRepository throw
 */
export async function open(options: RepositoryOptions, io: Io, work = 0): Promise<Repository> {
  const how = await unlockOf(options, io.env);
  if (!how) {
    throw new StrongroomError(
      'KEY_REFUSED',
      'Which key? Give --passphrase-file, --recovery-key-file or --key-vault-key, or set STRONGROOM_PASSPHRASE_FILE.',
    );
  }
  const { prepareLanes } = await import('../../repository/lanes/processThreads.ts');
  prepareLanes(work);
  const store = await openStore(addressOf(options.repo, io.env));
  const { openRepository } = await import('../../repository/index.ts');
  return openRepository(store, how, { now: () => timeOf(io), random: io.random });
}

/** The key that the options name, or else the environment; undefined when nobody named one. @throws INVALID_INPUT */
export async function unlockOf(options: RepositoryOptions, env: Io['env']): Promise<Unlock | undefined> {
  const { passphraseFile, recoveryKeyFile, keyVaultKey } = options;
  const given = [passphraseFile, recoveryKeyFile, keyVaultKey].filter((value) => value !== undefined);
  if (given.length > 1)
    throw new StrongroomError('INVALID_INPUT', 'Several keys were given: one of them opens the repository, name one.');
  if (recoveryKeyFile !== undefined)
    return { kind: 'recovery', key: await readSecret(recoveryKeyFile, 'recovery key') };
  if (keyVaultKey !== undefined) return { kind: 'wrapped', wrapper: await vaultKey(keyVaultKey) };
  const file = passphraseFile ?? env.STRONGROOM_PASSPHRASE_FILE;
  return file ? { kind: 'passphrase', passphrase: await readSecret(file, 'passphrase') } : undefined;
}

/** A secret of one line. @throws INVALID_INPUT */
export async function readSecret(file: string, what: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new StrongroomError('INVALID_INPUT', `The ${what} file ${file} cannot be read (${cause.code}).`, { cause });
  });
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '' || /[\r\n]/.test(secret)) {
    throw new StrongroomError('INVALID_INPUT', `The ${what} file ${file} has to hold one line with the ${what}.`);
  }
  return secret;
}

export async function vaultKey(keyId: string): Promise<KeyWrapper> {
  const [{ keyWrapper }, { signedIn }] = await Promise.all([
    import('../../azure/keys.ts'),
    import('../../azure/credential.ts'),
  ]);
  return keyWrapper(keyId, signedIn());
}

/** The time now, ISO 8601 UTC. */
export const timeOf = (io: Io): string => new Date(io.now()).toISOString();

async function containerStore(address: string): Promise<ObjectStore> {
  const { origin, pathname, search, username } = new URL(address);
  if (search || username || !/^\/[^/]+\/?$/.test(pathname)) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `${origin}${pathname} is no address of a container: it is https://{account}.blob.core.windows.net/{container}, ` +
        'without a query. Who you are comes from your sign-in (az login, a managed identity, AZURE_… variables).',
    );
  }
  const [{ blobStore }, { signedIn }] = await Promise.all([
    import('../../azure/blobStore.ts'),
    import('../../azure/credential.ts'),
  ]);
  return blobStore(address, signedIn());
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (cause) {
    throw new StrongroomError('INVALID_INPUT', `${address} is no file URL: write file:///path.`, { cause });
  }
}
