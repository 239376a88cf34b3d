import { open, rm } from 'node:fs/promises';
import { StrongroomError } from '../../model/errors.ts';
import { diskError } from '../../repository/stores/diskErrors.ts';

export interface KeyFile {
  keep(recoveryKey: string): Promise<void>;
  /** Takes the file away: the key in it opens nothing. */
  discard(): Promise<void>;
}

/** A new file that only its owner may read, made before there is a key to lose. @throws ALREADY_EXISTS, NO_SPACE, READ_ONLY */
export async function writeKeyFile(path: string): Promise<KeyFile> {
  const file = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST')
      throw new StrongroomError('ALREADY_EXISTS', `${path} exists: name a new file for the recovery key.`, { cause });
    throw diskError(cause, 'write', path);
  });
  return {
    async keep(recoveryKey) {
      try {
        await file.writeFile(`${recoveryKey}\n`);
        await file.sync();
        await file.close();
      } catch (cause) {
        throw diskError(cause, 'write', path);
      }
    },
    async discard() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

/** What a person is told of a new recovery key, in paragraphs of their own. */
export function recoveryKeyText(recoveryKey: string | undefined, path: string | undefined): string {
  const what = 'It opens the repository when every other key is lost. Keep it where neither of them is.';
  if (recoveryKey === undefined) return '\n\nThere is no recovery key: without its other keys nobody opens it.';
  return path === undefined
    ? `\n\nRecovery key, shown only now:\n\n    ${recoveryKey}\n\n${what}`
    : `\n\nRecovery key: in ${path}. ${what}`;
}
