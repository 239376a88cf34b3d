import { Command, Option } from 'commander';
import { StrongroomError } from '../../model/errors.ts';
import type { KeySlot, NewKey } from '../../repository/index.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import type { Output } from '../io/output.ts';
import { table } from '../io/table.ts';
import { humanTime } from '../io/units.ts';
import { open, readSecret, vaultKey } from './access.ts';
import { repositoryCommand } from './options.ts';
import type { RepositoryOptions } from './options.ts';
import { recoveryKeyText, writeKeyFile } from './recoveryKeyFile.ts';

interface NewKeyOptions extends RepositoryOptions {
  newPassphraseFile?: string;
  newKeyVaultKey?: string;
  newRecoveryKey?: boolean;
  newRecoveryKeyFile?: string;
}

const kinds: Record<KeySlot['kind'], string> = {
  wrapped: 'Key Vault key',
  passphrase: 'passphrase',
  recovery: 'recovery key',
};

/** The ways in of a repository. No change rewrites data. */
export const keyCommand = (io: Io): Command =>
  new Command('key')
    .description('list, add, replace and remove the keys of a repository')
    .addCommand(
      repositoryCommand('list', 'list the keys').action(async (options: RepositoryOptions) => {
        const output = createOutput(io, options);
        const slots = await (await open(options, io)).keys.list();
        for (const slot of slots) output.event({ type: 'key', ...slot });
        output.text(asTable(slots));
      }),
    )
    .addCommand(
      withNewKey(repositoryCommand('add', 'add a key: the repository then opens with it too')).action(
        (options: NewKeyOptions) =>
          change(io, options, 'Added', async (output) => {
            const repository = await open(options, io);
            return makeKey(output, options, (key) => repository.keys.add(key));
          }),
      ),
    )
    .addCommand(
      withNewKey(repositoryCommand('rotate', 'replace a key by another of its kind'))
        .argument('<slot>', 'its id, as "key list" shows it')
        .action((slot: string, options: NewKeyOptions) =>
          change(io, options, 'Replaced', async (output) => {
            const repository = await open(options, io);
            return makeKey(output, options, (key) => repository.keys.rotate(slot, key));
          }),
        ),
    )
    .addCommand(
      repositoryCommand('remove', 'remove a key: who has not opened the repository with it before, cannot from now on')
        .argument('<slot>', 'its id, as "key list" shows it')
        .option('--recovery', 'also when it is the recovery key')
        .action((slot: string, options: RepositoryOptions & { recovery?: boolean }) =>
          change(io, options, 'Removed', async () => {
            const repository = await open(options, io);
            return repository.keys.remove(slot, { recovery: options.recovery ?? false });
          }),
        ),
    );

const withNewKey = (command: Command): Command =>
  command
    .option('--new-passphrase-file <file>', 'the passphrase in this file')
    .option('--new-key-vault-key <id>', 'this Key Vault key, in its newest version')
    .option('--new-recovery-key', 'a new recovery key, shown once')
    .addOption(new Option('--new-recovery-key-file <file>', 'a new recovery key, put into this file'));

async function change(
  io: Io,
  options: RepositoryOptions,
  done: string,
  act: (output: Output) => Promise<KeySlot>,
): Promise<void> {
  const output = createOutput(io, options);
  const slot = await act(output);
  output.result({ type: 'key', change: done.toLowerCase(), ...slot }, `${done} ${kinds[slot.kind]} ${slot.id}.`);
}

/** Makes the new key that the options name, and hands it to `use`. */
async function makeKey(
  output: Output,
  options: NewKeyOptions,
  use: (key: NewKey) => Promise<KeySlot>,
): Promise<KeySlot> {
  const { newPassphraseFile, newKeyVaultKey, newRecoveryKey, newRecoveryKeyFile } = options;
  const given = [newPassphraseFile, newKeyVaultKey, newRecoveryKey, newRecoveryKeyFile].filter((each) => each);
  if (given.length !== 1) {
    throw new StrongroomError(
      'INVALID_INPUT',
      'Which new key? Give one of --new-passphrase-file, --new-key-vault-key, --new-recovery-key, --new-recovery-key-file.',
    );
  }
  if (newPassphraseFile)
    return use({ kind: 'passphrase', passphrase: await readSecret(newPassphraseFile, 'passphrase') });
  if (newKeyVaultKey) return use({ kind: 'wrapped', wrapper: await vaultKey(newKeyVaultKey) });
  if (!newRecoveryKeyFile) {
    const show = async (recoveryKey: string): Promise<void> =>
      output.result({ type: 'recoveryKey', recoveryKey }, recoveryKeyText(recoveryKey, undefined).trimStart());
    return use({ kind: 'recovery', keep: show });
  }
  const file = await writeKeyFile(newRecoveryKeyFile);
  try {
    return await use({ kind: 'recovery', keep: (recoveryKey) => file.keep(recoveryKey) });
  } catch (error) {
    await file.discard();
    throw error;
  }
}

const asTable = (slots: readonly KeySlot[]): string =>
  table(
    [{ title: 'SLOT' }, { title: 'KEY' }, { title: 'ADDED (UTC)' }, { title: 'VAULT KEY' }],
    slots.map(({ id, kind, added, keyId, keyVersion }) => [
      id,
      kinds[kind],
      added ? humanTime(added) : '',
      keyId ? `${keyId}/${keyVersion}` : '',
    ]),
  );
