/** Every wait that keeps deleting safe, with its reason. All are measured by the store's clock. */

/**
 * How old a mark is at least before its pack goes. Whoever reads a point that was deleted has so long to finish, and a
 * commit that stopped between its look at the marks and its point has so long to go on.
 */
export const MARK_MS = 24 * 60 * 60_000;

/** A mark is older than a writer when it is by so much: a store of many servers may have clocks that differ. */
export const SKEW_MS = 60_000;

/** Objects beside the format's own, such as proofs of access and keys of a creation that lost, are left alone for so long. */
export const STRAY_MS = 24 * 60 * 60_000;
