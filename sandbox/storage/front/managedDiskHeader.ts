import type { IncomingHttpHeaders } from 'node:http';
import type { StorageKind } from '../contents.ts';
import type { Refusal } from './errors.ts';

/** A page list's `x-ms-previous-snapshot-url` is for the accounts of managed disks: no other one compares by URL (Get Page Ranges). */
export function refuseManagedDiskHeader(
  kind: StorageKind,
  url: URL,
  headers: IncomingHttpHeaders,
): Refusal | undefined {
  if (kind !== 'blob' || url.searchParams.get('comp') !== 'pagelist') return undefined;
  if (headers['x-ms-previous-snapshot-url'] === undefined) return undefined;
  return {
    status: 400,
    code: 'UnsupportedHeaderForNonManagedDisksAccount',
    message: 'The header x-ms-previous-snapshot-url is supported for managed disks accounts only.',
  };
}
