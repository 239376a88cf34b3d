import type { Piece } from '../model/site/piece.ts';

/** The pieces of a site, apart by what must be there before them. */
export interface Parts {
  /** What needs nothing but other pieces of the site. */
  own: Piece[];
  /** Endpoints, with their entries in the zones, to what others make: it must be there first. */
  outward: Piece[];
}

export function partsOf(pieces: readonly Piece[]): Parts {
  const made = new Set(pieces.map(({ id }) => id.toLowerCase()));
  const outward = new Set<string>();
  for (const { key, target, after } of pieces) {
    if ((target && !made.has(target.id.toLowerCase())) || after.some((other) => outward.has(other))) outward.add(key);
  }
  return {
    own: pieces.filter(({ key }) => !outward.has(key)),
    outward: pieces.filter(({ key }) => outward.has(key)),
  };
}
