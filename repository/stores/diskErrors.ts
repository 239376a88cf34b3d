import { StrongroomError } from '../../model/errors.ts';

const FULL: Record<string, string> = {
  ENOSPC: 'no space is left',
  EDQUOT: 'the quota is used up',
  EFBIG: 'a file may not get that large',
};
const CLOSED: Record<string, string> = {
  EROFS: 'the file system is read-only',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
};

/**
 * What a local disk says, in the product's words: `NO_SPACE`; `READ_ONLY` when writing, `PERMISSION_MISSING` when reading;
 * `INTERNAL` for what nobody foresees (an input/output error, too many open files). A StrongroomError stays as it is.
 * @param what the thing: `data/ab in /srv/backups`
 */
export function diskError(cause: unknown, doing: 'read' | 'write', what: string): StrongroomError {
  if (cause instanceof StrongroomError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const failed = `${what} cannot be ${doing === 'read' ? 'read' : 'written'}`;
  if (FULL[code]) {
    return new StrongroomError('NO_SPACE', `${failed}: ${FULL[code]} (${code}). Make room there, then start again.`, {
      cause,
    });
  }
  if (CLOSED[code]) {
    return new StrongroomError(
      doing === 'read' ? 'PERMISSION_MISSING' : 'READ_ONLY',
      `${failed}: ${CLOSED[code]} (${code}). Give the right to, or name another place.`,
      { cause },
    );
  }
  return new StrongroomError('INTERNAL', `${failed}: ${message}`, { cause });
}
