/** Something that a person has to know and can act on: told in one line, without a stack. */
export class Problem extends Error {}

/** An object of the repository is missing, altered or truncated. */
export class Damage extends Problem {}
