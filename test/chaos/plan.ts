import { join } from 'node:path';
import type { Random } from './random.ts';

/** One orchestration to be started, and what must come of it. */
export interface Planned {
  id: string;
  name: string;
  input: unknown;
  /** What it must return; undefined: it collects what is raised. */
  output?: unknown;
  /** Events that a client raises, each until one is acknowledged, and then `end`. */
  events: number;
  /** Milliseconds between them. */
  between: number;
  /** Whether a client suspends it after the start and resumes it. */
  suspended: boolean;
  /** Lines that it writes into ledgers: ledger and text. */
  lines: [string, string][];
}

const LEDGERS = ['north', 'south', 'east', 'west'];

type Kind = (random: Random, id: string, folder: string) => Partial<Planned> & { name: string };

const KINDS: Kind[] = [
  (random) => {
    const steps = random.between(5, 30);
    return { name: 'chain', input: { steps, ms: random.between(0, 60) }, output: steps, suspended: steps % 4 === 0 };
  },
  (random) => {
    const count = random.between(5, 40);
    return { name: 'fan', input: { count, ms: random.between(0, 60) }, output: (count * (count + 1)) / 2 };
  },
  (random) => {
    const [children, steps] = [random.between(1, 6), random.between(3, 15)];
    return { name: 'family', input: { children, steps, ms: random.between(0, 60) }, output: children * steps };
  },
  (random) => {
    const count = random.between(1, 15);
    return { name: 'timers', input: { count, ms: random.between(1, 200) }, output: count + 1 };
  },
  (random) => ({ name: 'events', events: random.between(2, 15) }),
  (random) => ({ name: 'collector', input: { got: [] }, events: random.between(2, 15) }),
  (random) => {
    const left = random.between(5, 40);
    return { name: 'generations', input: { left, value: 0, ms: random.between(0, 40) }, output: left + 1 };
  },
  (random, id, folder) => {
    const input = { file: join(folder, id), failures: random.between(1, 4), ms: random.between(1, 100) };
    return { name: random.between(0, 1) === 0 ? 'retry' : 'retryChild', input, output: 'worked' };
  },
  (random, id) => {
    const lines = random.between(5, 30);
    const ledgers = [LEDGERS[random.between(0, 3)]!, LEDGERS[random.between(0, 3)]!];
    const written = Array.from({ length: lines }, (_, line): [string, string] => [ledgers[line % 2]!, `${id} ${line}`]);
    return { name: 'writer', input: { ledgers, lines }, output: lines, lines: written };
  },
];

/** @param folder where activities keep their counts */
export function plan(random: Random, count: number, folder: string): Planned[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `orchestration-${index}`;
    const made = KINDS[index % KINDS.length]!(random, id, folder);
    return { id, input: null, events: 0, between: random.between(0, 200), suspended: false, lines: [], ...made };
  });
}
