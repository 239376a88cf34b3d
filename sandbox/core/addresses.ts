import { BlockList, isIP } from 'node:net';

/** Whether an address lies in a range such as `198.51.100.0/24`, or is the one given. No range covers nothing. */
export function inRange(address: string, range: string): boolean {
  const [start = '', bits] = range.split('/');
  if (isIP(start) === 0 || isIP(start) !== isIP(address)) return false;
  const family = isIP(start) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  if (bits === undefined) list.addAddress(start, family);
  else list.addSubnet(start, Number(bits), family);
  return list.check(address, family);
}
