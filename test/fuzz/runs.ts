/** Whether the long runs are wanted (`npm run test:fuzz`); otherwise a sample of each runs with the other tests. */
export const full = process.env.FUZZ === 'full';

/** Where random runs begin: named by `FUZZ_SEED` to repeat one, new in each long run, and the same in every short one. */
export const seed = Number(process.env.FUZZ_SEED ?? (full ? Date.now() % 2 ** 31 : 1));

/** Milliseconds of a long test, the search for a smaller example of a failure included. */
export const LONGEST = 1_800_000;

/** For tests: the long ones may take their time, on a machine that does other things too. */
export const timeout = full ? 2 * LONGEST : undefined;
