import { ArmError, type ArmResource } from './types.ts';

/** A page of a list, and where the next one begins. */
export interface Page<T> {
  value: T[];
  nextLink?: string;
}

/**
 * How many items a page has: what the request's `$top` wants, within the service's own size.
 * @throws ArmError 400 InvalidQueryStringParameter when `$top` is no number above 0
 */
export function pageSizeOf(url: URL, most: number): number {
  const top = [...url.searchParams].find(([key]) => key.toLowerCase() === '$top')?.[1];
  if (top === undefined) return most;
  if (!/^[1-9]\d{0,8}$/.test(top)) {
    throw new ArmError(400, 'InvalidQueryStringParameter', `The value '${top}' of $top is no number above 0.`);
  }
  return Math.min(Number(top), most);
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
