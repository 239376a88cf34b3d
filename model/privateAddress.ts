import { BlockList, isIP } from 'node:net';

/** What belongs to private networks: RFC 1918, RFC 6598 (shared address space), RFC 4193 (unique local IPv6). */
const ranges = [
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
] as const;

const privateRanges = new BlockList();
for (const [network, prefix, family] of ranges) privateRanges.addSubnet(network, prefix, family);

/** Whether an IP address lies in a private network. False for what is no address. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && privateRanges.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
