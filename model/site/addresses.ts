import { StrongroomError } from '../errors.ts';

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

function blockOf(space: string): Block | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(space);
  if (!match) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  return Math.max(a, b, c, d) > 255 || bits > 32 || base % size !== 0 ? undefined : { base, size, bits };
}

/**
 * Cuts a network's address space: the first half for workers, a quarter for endpoints, a quarter for the Functions app
 * (Flex Consumption wants /27 at least).
 * @throws INVALID_INPUT when it is no CIDR block of /16 to /24 that starts at its own network address.
 */
export function subnetPrefixes(space: string): SubnetPrefixes {
  const block = blockOf(space);
  if (!block || block.bits < 16 || block.bits > 24) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `"${space}" is not an address space for a site. Expected a network such as 10.64.0.0/22, /16 to /24.`,
    );
  }
  const { base, size, bits } = block;
  const at = (offset: number, length: number) =>
    `${[24, 16, 8, 0].map((shift) => Math.floor((base + offset) / 2 ** shift) % 256).join('.')}/${length}`;
  return { workers: at(0, bits + 1), endpoints: at(size / 2, bits + 2), functions: at((size / 4) * 3, bits + 2) };
}

/** Whether a network holds an address. @param space a CIDR block */
export function contains(space: string, address: string): boolean {
  const [block, single] = [blockOf(space), blockOf(`${address}/32`)];
  return !!block && !!single && single.base >= block.base && single.base < block.base + block.size;
}
