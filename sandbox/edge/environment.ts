import { randomBytes } from 'node:crypto';
import type { Caller } from '../core/types.ts';
import { IDENTITY_PATH } from './appServiceIdentity.ts';
import { DNS_PATH } from './names.ts';

/** Variable that names the file with the clock's offset (`guest/preload.mjs` reads it). */
const CLOCK_FILE = 'SANDBOX_CLOCK_FILE';
/** Variable that names where host names are resolved (`guest/names.mjs` asks there). */
const RESOLVER = 'SANDBOX_RESOLVER';

/** The environment that makes a child process see the sandbox as Azure. */
export function guestEnvironment(options: { caFile: string; clockFile: string }): Record<string, string> {
  const preload = new URL('./guest/preload.mjs', import.meta.url).href;
  return {
    NODE_OPTIONS: `--import=${preload}`,
    [CLOCK_FILE]: options.clockFile,
    NODE_EXTRA_CA_CERTS: options.caFile,
    SSL_CERT_FILE: options.caFile,
    CURL_CA_BUNDLE: options.caFile,
    REQUESTS_CA_BUNDLE: options.caFile,
  };
}

/** The part that differs between callers: its proxy, its resolver and, for an app, its identity endpoint. */
export function callerEnvironment(caller: Caller, proxyUrl: string): Record<string, string> {
  const direct = '127.0.0.1,localhost';
  const proxy = {
    HTTPS_PROXY: proxyUrl,
    HTTP_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: direct,
    no_proxy: direct,
    // Node's own fetch and http look at these variables only when told to.
    NODE_USE_ENV_PROXY: '1',
  };
  // People's names are resolved by their own machine.
  if (caller.kind === 'operator' || caller.kind === 'deployer') return proxy;
  const guest = { ...proxy, [RESOLVER]: proxyUrl + DNS_PATH };
  if (caller.kind === 'machine') return guest;
  return {
    ...guest,
    IDENTITY_ENDPOINT: proxyUrl + IDENTITY_PATH,
    IDENTITY_HEADER: randomBytes(16).toString('hex'),
  };
}
