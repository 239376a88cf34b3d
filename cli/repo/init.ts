import { Command } from 'commander';
import { StrongroomError } from '../../model/errors.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import { openStore, readSecret, timeOf, vaultKey, addressOf } from './access.ts';
import { jsonOption } from './options.ts';
import { recoveryKeyText, writeKeyFile } from './recoveryKeyFile.ts';

interface Options {
  passphraseFile?: string;
  keyVaultKey?: string;
  recovery: boolean;
  recoveryKeyFile?: string;
  json?: boolean;
}

export const initCommand = (io: Io): Command =>
  new Command('init')
    .description('make a repository')
    .argument(
      '[folder or URL]',
      'where: a folder, or https://{account}.blob.core.windows.net/{container} (environment: STRONGROOM_REPO)',
    )
    .option(
      '--passphrase-file <file>',
      'a passphrase opens it: the one in this file (environment: STRONGROOM_PASSPHRASE_FILE)',
    )
    .option('--key-vault-key <id>', 'a Key Vault key opens it: https://{vault}/keys/{name}')
    .option('--recovery-key-file <file>', 'put the recovery key there instead of showing it')
    .option('--no-recovery', 'make no recovery key')
    .addOption(jsonOption)
    .action((address: string | undefined, options: Options) => init(io, address, options));

async function init(io: Io, given: string | undefined, options: Options): Promise<void> {
  const { keyVaultKey, recovery, recoveryKeyFile, json } = options;
  const output = createOutput(io, { json });
  const passphraseFile =
    options.passphraseFile ?? (keyVaultKey === undefined ? io.env.STRONGROOM_PASSPHRASE_FILE : undefined);
  if (!passphraseFile && !keyVaultKey) {
    throw new StrongroomError(
      'INVALID_INPUT',
      'A repository needs a way in: give --passphrase-file, --key-vault-key or both.',
    );
  }
  if (!recovery && recoveryKeyFile)
    throw new StrongroomError(
      'INVALID_INPUT',
      '--no-recovery makes no recovery key for --recovery-key-file: give one of them.',
    );
  const passphrase = passphraseFile ? await readSecret(passphraseFile, 'passphrase') : undefined;
  const wrapper = keyVaultKey ? await vaultKey(keyVaultKey) : undefined;
  const store = await openStore(addressOf(given, io.env), { mustExist: false });
  const { createRepository } = await import('../../repository/index.ts');
  const keyFile = recoveryKeyFile ? await writeKeyFile(recoveryKeyFile) : undefined;
  try {
    const { repository, recoveryKey } = await createRepository(store, {
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(wrapper ? { wrapper } : {}),
      recovery,
      ...(keyFile ? { keepRecoveryKey: (key: string) => keyFile.keep(key) } : {}),
      now: () => timeOf(io),
      random: io.random,
    });
    const shown = keyFile ? undefined : recoveryKey;
    const { id } = repository;
    output.result(
      { type: 'repository', id, location: store.location, recoveryKey: shown, recoveryKeyFile },
      `Made repository ${id} at ${store.location}.${recoveryKeyText(recoveryKey, recoveryKeyFile)}`,
    );
  } catch (error) {
    await keyFile?.discard();
    // A folder is made; a container has to be there.
    if (!(error instanceof StrongroomError && error.code === 'NOT_FOUND')) throw error;
    throw new StrongroomError('NOT_FOUND', `There is no container ${store.location}: make it first, then repeat.`, {
      cause: error,
    });
  }
}
