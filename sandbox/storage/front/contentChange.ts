import type { StorageKind } from '../contents.ts';

/** A container, queue or table that a successful request has made or removed; undefined: none. */
export function contentChange(
  kind: StorageKind,
  method: string,
  url: URL,
  body: Buffer | undefined,
): { name: string; removed: boolean } | undefined {
  if (kind === 'table') return tableChange(method, url, body);
  const [name, ...rest] = decodeURIComponent(url.pathname).split('/').filter(Boolean);
  const itself = kind === 'blob' ? url.searchParams.get('restype') === 'container' : rest.length === 0;
  const comp = url.searchParams.get('comp');
  if (!name || !itself || (comp !== null && comp !== 'undelete')) return undefined;
  if (method === 'PUT') return { name, removed: false };
  return method === 'DELETE' ? { name, removed: true } : undefined;
}

function tableChange(
  method: string,
  url: URL,
  body: Buffer | undefined,
): { name: string; removed: boolean } | undefined {
  if (method === 'POST' && url.pathname === '/Tables' && body)
    return { name: (JSON.parse(body.toString('utf8')) as { TableName: string }).TableName, removed: false };
  const removed = /^\/Tables\('([^']+)'\)$/.exec(decodeURIComponent(url.pathname));
  return removed && method === 'DELETE' ? { name: removed[1]!, removed: true } : undefined;
}
