import { Argument, Command, InvalidArgumentError, Option } from 'commander';

/** How to get at a repository; every command but `init` has these. */
export interface RepositoryOptions {
  repo?: string;
  passphraseFile?: string;
  recoveryKeyFile?: string;
  keyVaultKey?: string;
  json?: boolean;
}

/** A command on a repository that is there. */
export function repositoryCommand(nameAndArguments: string, description: string): Command {
  return new Command(nameAndArguments)
    .description(description)
    .option('--repo <folder or URL>', 'the repository (environment: STRONGROOM_REPO)')
    .option('--passphrase-file <file>', 'its passphrase is in this file (environment: STRONGROOM_PASSPHRASE_FILE)')
    .option('--recovery-key-file <file>', 'its recovery key is in this file')
    .addOption(keyVaultKeyOption)
    .addOption(jsonOption);
}

export const keyVaultKeyOption = new Option('--key-vault-key <id>', 'its Key Vault key: https://{vault}/keys/{name}');
export const jsonOption = new Option('--json', 'one JSON object a line');
export const pointArgument = new Argument('<point>', 'its id, the beginning of its id, or "latest"');
export const latestOption = new Option('--source <name>', 'with "latest": the newest point of this source');
export const diskOption = new Option('--disk <number or key>', 'which disk, when the point has several');

/** Reads a whole number that is at least `least`. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`;
    throw new InvalidArgumentError(`It is a whole number from ${least}${upTo}.`);
  };
