/** Where a client wants to go, as it told the proxy. */
export interface Target {
  /** Lower case, without brackets or a final dot. */
  host: string;
  port: number;
}

/** The ports on which the services of Azure that are here listen. */
const SERVED = [80, 443];

/** The target of CONNECT: `host:port`. Undefined when it is none. */
export function connectTarget(authority: string): Target | undefined {
  if (!/^(\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+):\d{1,5}$/i.test(authority)) return undefined;
  return targetOf(`http://${authority}`)?.target;
}

/** The target of a request in absolute form, and what remains of it. Undefined when it is in another form. */
export function absoluteTarget(url: string): { target: Target; path: string; secure: boolean } | undefined {
  return /^https?:\/\//i.test(url) ? targetOf(url) : undefined;
}

/** What a proxy answers when no connection comes about. */
export interface Refusal {
  status: 502 | 504;
  why: string;
}

/** Why nothing answers on a port; undefined: something may. */
export function unserved({ host, port }: Target): Refusal | undefined {
  if (SERVED.includes(port)) return undefined;
  const why = `Nothing listens on port ${port} of ${host}: the sandbox has HTTP and HTTPS on their usual ports only.\n`;
  return { status: 502, why };
}

function targetOf(url: string): { target: Target; path: string; secure: boolean } | undefined {
  const [, scheme, authority, rest] = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url) ?? [];
  const parsed = URL.parse(`${scheme}://${authority}`);
  if (!parsed || parsed.hostname === '') return undefined;
  const secure = parsed.protocol === 'https:';
  const host = parsed.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const port = parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port);
  // Taken as it was sent: parsing would change dots and escapes in it.
  return { target: { host, port }, path: rest!.startsWith('/') ? rest! : `/${rest}`, secure };
}
