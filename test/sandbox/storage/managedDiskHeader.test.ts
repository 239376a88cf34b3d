import { expect, test } from 'vitest';
import { refuseManagedDiskHeader } from '../../../sandbox/storage/front/managedDiskHeader.ts';

test('only accounts of managed disks compare page lists by URL', () => {
  const list = new URL('https://acc.blob.core.windows.net/c/b?comp=pagelist');
  const header = { 'x-ms-previous-snapshot-url': 'https://acc.blob.core.windows.net/c/b?snapshot=x' };
  expect(refuseManagedDiskHeader('blob', list, header)).toMatchObject({
    status: 400,
    code: 'UnsupportedHeaderForNonManagedDisksAccount',
  });
  expect(refuseManagedDiskHeader('blob', list, {})).toBeUndefined();
  expect(refuseManagedDiskHeader('blob', new URL('https://acc.blob.core.windows.net/c/b'), header)).toBeUndefined();
});
