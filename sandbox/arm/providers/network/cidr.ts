/** IPv4 prefixes as numbers. */
export interface Cidr {
  first: number;
  size: number;
}

/** `10.0.0.4` → number; undefined when it is no IPv4 address. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : NaN));
  if (parts.length !== 4 || !parts.every((part) => part <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** `10.0.0.0/24` taken apart; `first` keeps host bits, see {@link network}. Undefined when it is no prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([\d.]+)\/(\d{1,2})$/.exec(text);
  const first = match ? parseAddress(match[1]!) : undefined;
  const length = Number(match?.[2]);
  if (first === undefined || length > 32) return undefined;
  return { first, size: 2 ** (32 - length) };
}

/** The prefix with its host bits cleared. */
export function network({ first, size }: Cidr): Cidr {
  return { first: first - (first % size), size };
}

export function formatCidr({ first, size }: Cidr): string {
  return `${formatAddress(first)}/${32 - Math.log2(size)}`;
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.first < b.first + b.size && b.first < a.first + a.size;
}
