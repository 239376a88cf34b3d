import { inRange } from '../core/addresses.ts';

/** One end of a connection, as rules see it. */
export interface Peer {
  address: string;
  /** Service tags that it belongs to. */
  tags: string[];
}

export interface Connection {
  source: Peer;
  destination: Peer;
  port: number;
}

/** A rule of a network security group, as stored. */
export interface SecurityRule {
  name: string;
  properties: {
    priority: number;
    direction: string;
    access: string;
    protocol: string;
    sourceAddressPrefix?: string;
    sourceAddressPrefixes?: string[];
    destinationAddressPrefix?: string;
    destinationAddressPrefixes?: string[];
    destinationPortRange?: string;
    destinationPortRanges?: string[];
  };
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function covers(prefix: string, { address, tags }: Peer): boolean {
  if (prefix === '*' || same(prefix, 'any')) return true;
  if (inRange(address, prefix)) return true;
  // `Storage.WestEurope` is a part of `Storage`; public addresses here have no region.
  return tags.some((tag) => same(tag, prefix) || prefix.toLowerCase().startsWith(`${tag.toLowerCase()}.`));
}

function isPort(range: string, port: number): boolean {
  if (range === '*') return true;
  const [first, last = first] = range.split('-').map(Number);
  return port >= first! && port <= last!;
}

/** One prefix or a list of them; a rule with neither (application security groups) covers nothing. */
const all = (one: string | undefined, more: string[] | undefined) => [...(one ? [one] : []), ...(more ?? [])];

/**
 * The rule that decides over a TCP connection: the first that covers it, by priority ("How network security groups filter
 * network traffic"). Undefined: none does, which the default rules never leave open.
 */
export function decidingRule(
  rules: readonly SecurityRule[],
  direction: 'Inbound' | 'Outbound',
  connection: Connection,
): SecurityRule | undefined {
  return rules
    .filter(({ properties }) => same(properties.direction, direction))
    .toSorted((a, b) => a.properties.priority - b.properties.priority)
    .find(({ properties: rule }) => {
      const sources = all(rule.sourceAddressPrefix, rule.sourceAddressPrefixes);
      const destinations = all(rule.destinationAddressPrefix, rule.destinationAddressPrefixes);
      const ports = all(rule.destinationPortRange, rule.destinationPortRanges);
      return (
        (rule.protocol === '*' || same(rule.protocol, 'tcp')) &&
        sources.some((prefix) => covers(prefix, connection.source)) &&
        destinations.some((prefix) => covers(prefix, connection.destination)) &&
        ports.some((range) => isPort(range, connection.port))
      );
    });
}
