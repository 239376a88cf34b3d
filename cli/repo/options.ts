import { Argument, Command, Help, InvalidArgumentError, Option } from 'commander';

/** How to get at a repository; every command but `init` has these. */
export interface RepositoryOptions {
  repo?: string;
  passphraseFile?: string;
  recoveryKeyFile?: string;
  keyVaultKey?: string;
  json?: boolean;
}

const REPOSITORY = 'The repository:';

/** A command on a repository that is there: which one, and its key. */
export function repositoryCommand(name: string, description: string): Command {
  const command = new Command(name).description(description);
  for (const option of repositoryOptions) command.addOption(option.helpGroup(REPOSITORY));
  return command.addOption(jsonOption);
}

/** What is a command's own stands first in its help. */
export const helpOrder: Partial<Help> = {
  groupItems: (all, visible, groupOf) => {
    const isLate = (item: (typeof all)[number]) => Number(groupOf(item) === REPOSITORY);
    return new Help().groupItems(
      all.toSorted((a, b) => isLate(a) - isLate(b)),
      visible,
      groupOf,
    );
  },
};

export const jsonOption = new Option('--json', 'one JSON object a line');
export const pointArgument = new Argument('<point>', 'its id, the beginning of its id, or "latest"');
export const latestOption = new Option('--source <name>', 'with "latest": the newest point of this source');
export const diskOption = new Option('--disk <number or key>', 'which disk, when the point has several');

const repositoryOptions = [
  new Option('--repo <folder or URL>', 'where it is (environment: STRONGROOM_REPO)'),
  new Option('--passphrase-file <file>', 'its passphrase is in this file (environment: STRONGROOM_PASSPHRASE_FILE)'),
  new Option('--recovery-key-file <file>', 'or its recovery key in this one'),
  new Option('--key-vault-key <id>', 'or its Key Vault key: https://{vault}/keys/{name}'),
];

/** Reads a whole number that is at least `least`. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`;
    throw new InvalidArgumentError(`It is a whole number from ${least}${upTo}.`);
  };
