import type { ArmResource } from './types.ts';

/** A page of a list, and where the next one begins. */
export interface Page<T> {
  value: T[];
  nextLink?: string;
}

/**
 * Cuts a list into pages. Items are in order of their ids, and the token is the last id given, so items that come or go
 * between two pages neither hide nor repeat others.
 * @param url absolute URL of the request
 */
export function page<T extends Pick<ArmResource, 'id'>>(items: T[], url: URL, size: number): Page<T> {
  const token = [...url.searchParams].find(([key]) => key.toLowerCase() === '$skiptoken')?.[1];
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString();
  const rest = items
    .map((item) => ({ key: item.id.toLowerCase(), item }))
    .filter(({ key }) => key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const value = rest.slice(0, size);
  if (rest.length <= size) return { value: value.map(({ item }) => item) };
  const next = new URL(url);
  for (const key of [...next.searchParams.keys()])
    if (key.toLowerCase() === '$skiptoken') next.searchParams.delete(key);
  next.searchParams.set('$skiptoken', Buffer.from(value.at(-1)!.key).toString('base64url'));
  return { value: value.map(({ item }) => item), nextLink: next.href };
}
