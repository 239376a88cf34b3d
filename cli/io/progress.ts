import type { Io } from './io.ts';
import { rateMeter } from './rate.ts';
import { humanBytes, humanDuration } from './units.ts';

export interface Step {
  done: number;
  /** Left out while nobody knows. */
  total?: number | undefined;
  /** Bytes added to the repository so far. */
  stored?: number;
}

export interface Progress {
  update(step: Step): void;
  /** Takes the bar away. */
  end(): void;
}

const DRAW_EVERY_MS = 200;
const WITH_END = '{label} {bar} {percentage}%  {done} of {all}  {rate}/s{left}{stored}';
const WITHOUT_END = '{label}  {done}  {rate}/s{stored}';

/** A bar on the terminal, with rate and time left; without a bar while nobody knows the end. */
export async function terminalProgress(label: string, unit: 'bytes' | 'objects', io: Io): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress');
  const human = unit === 'bytes' ? humanBytes : (n: number) => `${Math.round(n)}`;
  const meter = rateMeter(io.now());
  let bar: InstanceType<typeof cliProgress.SingleBar> | undefined;
  let drawn = -Infinity;
  return {
    update({ done, total, stored }) {
      const time = io.now();
      if (time - drawn < DRAW_EVERY_MS && done !== total) return;
      drawn = time;
      const { rate, left } = meter(time, { done, total });
      const tokens = {
        label,
        done: human(done),
        all: human(total ?? 0),
        rate: human(rate),
        left: left === undefined ? '' : `  ${humanDuration(left * 1000)} left`,
        stored: stored === undefined ? '' : `  ${humanBytes(stored)} stored`,
      };
      if (bar) return bar.update(done, tokens);
      const format = total === undefined ? WITHOUT_END : WITH_END;
      const options = { stream: io.stderr as NodeJS.WritableStream, format, barsize: 24, clearOnComplete: true };
      bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
      bar.start(total ?? Number.MAX_SAFE_INTEGER, done, tokens);
    },
    end() {
      bar?.stop();
    },
  };
}
