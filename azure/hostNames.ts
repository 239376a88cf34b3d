import { lookup } from 'node:dns/promises';
import { StrongroomError } from '../model/errors.ts';
import { isPrivateAddress } from '../model/privateAddress.ts';
import type { Fetch } from './sasRequest.ts';
import { withHint } from './storageErrors.ts';

/** A host that was found private is asked for again after so long. */
const KNOWN_MS = 60_000;

/** All addresses of a host, as this machine's resolver gives them. */
export type AddressesOf = (host: string) => Promise<string[]>;

/** @throws AZURE_UNAVAILABLE when the name has no address here, or nobody answers; details carry the system's code */
export const addressesOf: AddressesOf = async (host) => {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    const details = { status: '', code: (cause as { code?: string }).code ?? '' };
    const text = withHint(`${host}: no address (${details.code})`, 'AZURE_UNAVAILABLE', details, host);
    throw new StrongroomError('AZURE_UNAVAILABLE', text, { cause, details });
  }
};

/** @throws NETWORK_OPEN when one of a host's addresses belongs to no private network */
export function requirePrivate(host: string, addresses: readonly string[]): void {
  const open = addresses.filter((address) => !isPrivateAddress(address));
  if (open.length === 0) return;
  throw new StrongroomError(
    'NETWORK_OPEN',
    `${host} has the public address ${open.join(', ')} here, and this appliance works in private networks: nothing was sent to it. ` +
      'GET /api/sites shows the private endpoint, zone link and record that it needs.',
  );
}

/** A `fetch` that sends nothing to a host with a public address: it fails closed when a private endpoint or its record is missing. */
export function privateFetch(addresses: AddressesOf, fetch: Fetch = globalThis.fetch): Fetch {
  const known = new Map<string, number>();
  return async (url, init) => {
    const { hostname } = new URL(url);
    const asked = known.get(hostname);
    if (asked === undefined || performance.now() - asked > KNOWN_MS) {
      requirePrivate(hostname, await addresses(hostname));
      known.set(hostname, performance.now());
    }
    return fetch(url, init);
  };
}
