/** Something that a person has to know and can act on: told in one line, without a stack. */
export class Problem extends Error {}

/** An object of the repository is missing, altered or truncated. */
export class Damage extends Problem {}

export const newer = (what: string, version: number): Problem =>
  new Problem(`${what} has version ${version}; this reader knows version 1. Use a newer one.`);
