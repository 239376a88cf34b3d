import fc from 'fast-check';
import { test } from 'vitest';
import { BLOCKS, Model, SOURCES } from './model.ts';
import type { Job, Step } from './model.ts';
import { full, LONGEST, seed, timeout } from './runs.ts';

const death = fc.record({
  diesAfter: fc.oneof(
    { weight: 3, arbitrary: fc.constant(Infinity) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }) },
  ),
  lastTakesEffect: fc.boolean(),
});

const changes = fc.array(
  fc.record({ block: fc.nat(BLOCKS - 1), count: fc.integer({ min: 1, max: 8 }), content: fc.nat(40) }),
  { minLength: 1, maxLength: 4 },
);

const verify: fc.Arbitrary<Job> = death.map((how) => ({ ...how, kind: 'verify' }));

const job: fc.Arbitrary<Job> = fc.oneof(
  { weight: 1, arbitrary: verify },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        death,
        fc.record({
          kind: fc.constant('backup' as const),
          source: fc.nat(SOURCES - 1),
          how: fc.constantFrom('full', 'changes', 'checksum'),
          changes,
        }),
      )
      .map(([how, backup]) => ({ ...how, ...backup })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        death,
        fc.record({
          kind: fc.constant('prune' as const),
          deletes: fc.nat(2 ** 8),
          repackBelow: fc.constantFrom(0, 0.5, 1),
        }),
      )
      .map(([how, prune]) => ({ ...how, ...prune })),
  },
);

const damage: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('damage'),
  object: fc.nat(1000),
  at: fc.nat(100_000),
  how: fc.constantFrom('flip', 'cut', 'lose'),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: job },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), minutes: fc.constantFrom(10, 31, 25 * 60) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('together' as const),
      // One job of a source at a time, as leases see to it.
      jobs: fc.uniqueArray(job, {
        minLength: 2,
        maxLength: 4,
        selector: (one) => (one.kind === 'backup' ? one.source : one.kind === 'prune' ? -1 - one.deletes : SOURCES),
      }),
      millisecondsPerOperation: fc.constantFrom(1, 1000, 120_000),
      turns: fc.nat(1_000_000),
    }),
  },
);

const runs = async (numRuns: number, one: fc.Arbitrary<Step>): Promise<void> => {
  const run = fc.asyncProperty(fc.array(one, { minLength: 3, maxLength: 15, size: 'max' }), async (steps) => {
    const model = await Model.make();
    for (const step of steps) await model.take(step);
    await model.settle();
  });
  await fc.assert(run, full ? { seed, numRuns: numRuns * 200, interruptAfterTimeLimit: LONGEST } : { seed, numRuns });
};

test(
  'whatever is backed up, pruned, verified, killed and run at once: every point holds what it has to',
  () => runs(4, step),
  timeout,
);

test(
  'whatever is damaged meanwhile: never wrong data, and what is backed up after a repair holds what it has to',
  () => runs(3, fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: damage })),
  timeout,
);
