import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StrongroomError } from '../../../model/errors.ts';
import { diskError } from '../../../repository/stores/diskErrors.ts';
import { folderStore } from '../../../repository/stores/folderStore.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'strongroom-disk-'))));
afterAll(() => rm(folder, { recursive: true }));

describe('what a disk says', () => {
  it.each([
    ['ENOSPC', 'write', 'NO_SPACE', /^a\/b cannot be written: no space is left \(ENOSPC\)\. Make room/],
    ['EDQUOT', 'write', 'NO_SPACE', /the quota is used up/],
    ['EFBIG', 'write', 'NO_SPACE', /a file may not get that large/],
    ['EROFS', 'write', 'READ_ONLY', /the file system is read-only \(EROFS\)/],
    ['EACCES', 'write', 'READ_ONLY', /this user may not \(EACCES\)/],
    ['EPERM', 'write', 'READ_ONLY', /this user may not/],
    ['EACCES', 'read', 'PERMISSION_MISSING', /^a\/b cannot be read: this user may not/],
    ['EIO', 'read', 'INTERNAL', /^a\/b cannot be read: EIO/],
  ] as const)('%s to one who wants to %s is %s', (code, doing, expected, message) => {
    const cause = Object.assign(new Error(`${code}: something`), { code });
    expect(diskError(cause, doing, 'a/b')).toMatchObject({
      code: expected,
      message: expect.stringMatching(message) as string,
      cause,
    });
  });

  it('that is told already stays as it is', () => {
    const known = new StrongroomError('ALREADY_EXISTS', 'there');
    expect(diskError(known, 'write', 'a/b')).toBe(known);
  });

  it('reaches who uses a folder store', async () => {
    await writeFile(join(folder, 'file'), '');
    const store = folderStore(join(folder, 'file'));
    await expect(store.put('a', [])).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('a in') as string,
    });
    await expect(store.get('a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('scratch files', () => {
  it('of a process that died are cleared after a day, those of others stay', async () => {
    const scratch = join(folder, 'repo/.scratch');
    await mkdir(scratch, { recursive: true });
    for (const name of ['old', 'new']) await writeFile(join(scratch, name), 'half');
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(scratch, 'old'), longAgo, longAgo);
    await folderStore(join(folder, 'repo')).put('object', [Buffer.from('x')]);
    expect(await readdir(scratch)).toEqual(['new']);
  });
});
