import { StrongroomError } from '../../model/errors.ts';

const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const CLOSED = ['EROFS', 'EACCES', 'EPERM'];

/**
 * What a local disk says, in the product's words: `NO_SPACE`, `READ_ONLY`, or `INTERNAL` for what nobody foresees (an
 * input/output error, too many open files). A StrongroomError stays as it is.
 * @param what names the operation and its target: `writing data/ab in /srv/backups`
 */
export function diskError(cause: unknown, what: string): StrongroomError {
  if (cause instanceof StrongroomError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const failed = `${what.charAt(0).toUpperCase()}${what.slice(1)} failed`;
  if (FULL.includes(code)) {
    const why =
      code === 'ENOSPC'
        ? 'no space is left'
        : code === 'EDQUOT'
          ? 'the quota is used up'
          : 'a file may not get that large';
    return new StrongroomError('NO_SPACE', `${failed}: ${why} (${code}). Make room there, then start again.`, {
      cause,
    });
  }
  if (CLOSED.includes(code)) {
    const why = code === 'EROFS' ? 'the file system is read-only' : 'this user may not do that';
    return new StrongroomError('READ_ONLY', `${failed}: ${why} (${code}). Give it the right, or name another place.`, {
      cause,
    });
  }
  return new StrongroomError('INTERNAL', `${failed}: ${message}`, { cause });
}
