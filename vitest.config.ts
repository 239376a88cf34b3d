import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Whole worlds take longest: they go first, so that no core is idle at the end. */
class WorldsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isWorld = ({ moduleId }: TestSpecification) => /\/test\/(e2e|fault)\//.test(moduleId);
    return files.toSorted((a, b) => Number(isWorld(b)) - Number(isWorld(a)));
  }
}

// One world per test file: files run in their own process. Three at a time on 2 cores: worlds wait for timers a good deal.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: WorldsFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
  },
});
