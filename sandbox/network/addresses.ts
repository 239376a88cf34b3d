import { parseAddress, parseCidr } from '../arm/providers/network/cidr.ts';

/** Whether an address lies in a prefix such as `10.0.0.0/24`, or is the one given. */
export function lies(address: string, prefix: string): boolean {
  const cidr = parseCidr(prefix.includes('/') ? prefix : `${prefix}/32`);
  const number = parseAddress(address);
  return cidr !== undefined && number !== undefined && number >= cidr.first && number < cidr.first + cidr.size;
}
