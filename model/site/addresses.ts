import { StrongroomError } from '../errors.ts';
import { isPrivateAddress } from '../privateAddress.ts';

/** An IPv4 network: its first address as a number, and how many it has. */
interface Block {
  base: number;
  size: number;
  bits: number;
}

/** Address prefixes of a site's subnets: half of the network, a quarter, a quarter. */
export interface SubnetPrefixes {
  workers: string;
  endpoints: string;
  functions: string;
}

/** The block that an address with a prefix length lies in, and whether it is the block's first. */
function parse(space: string): (Block & { first: boolean }) | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(space);
  if (!match) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (Math.max(a, b, c, d) > 255 || bits > 32) return undefined;
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  return { base: address - (address % size), size, bits, first: address % size === 0 };
}

function blockOf(space: string): Block | undefined {
  const block = parse(space);
  return block?.first ? block : undefined;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/**
 * What is wrong with a site's address space, as the end of a sentence about it; undefined when nothing is. Sessions send
 * data to private addresses only, so that a network of public ones would be of no use.
 */
export function addressSpaceFault(space: string): string | undefined {
  const block = parse(space);
  if (!block || block.bits < 16 || block.bits > 24) return 'must be an IPv4 network such as 10.64.0.0/22, /16 to /24';
  const first = dotted(block.base);
  if (!block.first) return `must begin with the network's first address: ${first}/${block.bits}`;
  if (isPrivateAddress(first)) return undefined;
  return 'must lie in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10: endpoints have private addresses';
}

/**
 * Cuts a network's address space: the first half for workers, a quarter for endpoints, a quarter for the Functions app
 * (Flex Consumption wants /27 at least).
 * @throws INVALID_INPUT when it is no private CIDR block of /16 to /24 that starts at its own network address.
 */
export function subnetPrefixes(space: string): SubnetPrefixes {
  const block = blockOf(space);
  const fault = addressSpaceFault(space);
  if (!block || fault) throw new StrongroomError('INVALID_INPUT', `A site's address space "${space}" ${fault}.`);
  const { base, size, bits } = block;
  const at = (offset: number, length: number) => `${dotted(base + offset)}/${length}`;
  return { workers: at(0, bits + 1), endpoints: at(size / 2, bits + 2), functions: at((size / 4) * 3, bits + 2) };
}

/** Whether a network holds an address. @param space a CIDR block */
export function contains(space: string, address: string): boolean {
  const [block, single] = [blockOf(space), blockOf(`${address}/32`)];
  return !!block && !!single && single.base >= block.base && single.base < block.base + block.size;
}
