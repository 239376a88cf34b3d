/** Whether the long runs are wanted (`npm run test:fuzz`); otherwise a sample of each runs with the other tests. */
export const full = process.env.FUZZ === 'full';

/** Where random runs begin: named by `FUZZ_SEED` to repeat one, new in each long run, and the same in every short one. */
export const seed = Number(process.env.FUZZ_SEED ?? (full ? Date.now() % 2 ** 31 : 1));
