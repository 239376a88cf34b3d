import type { Output } from './output.ts';
import type { Step } from './progress.ts';

export interface Phases<P extends string> {
  update(at: Step & { phase: P }): void;
  end(): void;
}

/** Progress of a work with several phases, each with a bar of its own. */
export async function phases<P extends string>(
  output: Output,
  kinds: Record<P, readonly [label: string, unit: 'bytes' | 'objects']>,
): Promise<Phases<P>> {
  const entries = Object.entries<readonly [string, 'bytes' | 'objects']>(kinds);
  const bars = new Map(
    await Promise.all(
      entries.map(async ([phase, [label, unit]]) => [phase, await output.progress(label, unit)] as const),
    ),
  );
  let now: P | undefined;
  const end = (): void => {
    if (now !== undefined) bars.get(now)?.end();
  };
  return {
    update({ phase, ...step }) {
      if (phase !== now) end();
      now = phase;
      bars.get(phase)?.update(step);
    },
    end,
  };
}
