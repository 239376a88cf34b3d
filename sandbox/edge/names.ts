import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson } from './answers.ts';

/** Path of the resolver on a caller's own port: `?name=` a host name. */
export const DNS_PATH = '/dns';

/** What a name leads to: IPv4 addresses, and the names that it is an alias of, in order. */
export interface NameAnswer {
  addresses: string[];
  aliases: string[];
}

/** Answers what a caller's network makes of a name: 200 with a {@link NameAnswer}, or 404 (NXDOMAIN). */
export function answerName(
  resolve: (host: string) => NameAnswer | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const host = (searchParams.get('name') ?? '').toLowerCase().replace(/\.$/, '');
  const answer = resolve(host);
  if (answer) sendJson(response, 200, answer);
  else sendJson(response, 404, { error: 'NXDOMAIN' });
}
