// The repository against restic, Borg and zstd: npm run bench -- [--size GiB] [--from folder] [--repetitions N] [--scratch folder] [--json file]
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Extent } from '../../repository/index.ts';
import { contestants } from './contestants.ts';
import type { Program, Step } from './contestants.ts';
import { goals } from './goals.ts';
import { contentOf, contiguous, makeImage, overwrite, scattered, warm } from './image.ts';
import { machine, touchMemory } from './machine.ts';
import { measured } from './measured.ts';
import type { Cost } from './measured.ts';
import { Refusal } from './refusal.ts';
import { reached, reachedTable, summary, summaryTable } from './report.ts';
import type { Run } from './report.ts';
import { scratchFolder } from './scratch.ts';

const GIB = 2 ** 30;

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '6.5' },
    from: { type: 'string', default: '/usr' },
    repetitions: { type: 'string', default: '2' },
    scratch: { type: 'string', default: '/var/tmp' },
    json: { type: 'string', default: 'dist/bench.json' },
  },
});

const began = performance.now();
const say = (text: string) => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`);

try {
  await bench();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function bench(): Promise<void> {
  contestants(''); // Are they all there?
  // The image, one restored, and four repositories.
  const bytes = Number(values.size) * GIB;
  const folder = scratchFolder(values.scratch, 5 * bytes);
  const before = machine(folder);
  say(`${before.processors} × ${before.model}, load ${before.load.toFixed(1)}; making an image of ${values.from}`);
  const image = makeImage(folder, values.from, bytes);
  const { nonZero } = await contentOf(image.path);
  say(`${image.size / GIB} GiB, ${(nonZero / GIB).toFixed(2)} GiB of it not zero, ${image.made.files} files`);

  const runs: Run[] = [];
  for (let repetition = 1; repetition <= Number(values.repetitions); repetition++) {
    const repositories = join(folder, 'repositories');
    mkdirSync(repositories);
    for await (const run of repeat(repetition, image, repositories)) {
      runs.push(run);
      const cost = `${run.seconds.toFixed(2)} s, ${run.cpuSeconds.toFixed(2)} s of CPU, ${mib(run.peakBytes)} of memory`;
      say(
        `${repetition}/${values.repetitions} ${run.scenario}: ${run.contestant} ${cost}, ${mib(run.storedBytes)} more stored`,
      );
    }
    rmSync(repositories, { recursive: true });
  }

  const rows = summary(runs, { size: image.size, nonZero });
  const ratios = reached(goals, runs);
  const versions = Object.values(contestants('')).map(({ name, version, options }) => ({ name, version, options }));
  console.log(`\n${summaryTable(rows)}\n\n${reachedTable(ratios)}`);
  const result = {
    machine: before,
    programs: versions,
    image: { size: image.size, nonZero, ...image.made },
    rows,
    ratios,
    runs,
  };
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  say(`written to ${values.json}`);
}

/** All scenarios once, each program after the other in each, so that what the machine does meanwhile hits all. */
async function* repeat(repetition: number, image: { path: string; size: number }, folder: string): AsyncGenerator<Run> {
  const { strongroom, restic, borg, zstd } = contestants(folder);
  const all = inTurn([strongroom, restic, borg], repetition);
  for (const contestant of [...all, zstd]) contestant.create();

  const measure = async (
    scenario: string,
    contestant: Program,
    steps: readonly Step[],
    warmed: string,
  ): Promise<Run> => {
    await warmFolder(warmed);
    execFileSync('sync');
    contestant.list();
    touchMemory();
    const sizes = sizesOf(contestant.repository);
    const cost = await costOf(steps);
    const after = sizesOf(contestant.repository);
    return {
      scenario,
      contestant: contestant.name,
      repetition,
      ...cost,
      storedBytes: after.apparent - sizes.apparent,
      usedBytes: after.used - sizes.used,
    };
  };
  const backUp = (scenario: string, contestant: Program, changed?: readonly Extent[]) =>
    measure(scenario, contestant, contestant.backup(image.path, changed), image.path);

  for (const contestant of [...all, zstd]) yield await backUp('full', contestant);
  rmSync(zstd.repository, { recursive: true });

  const undo: (() => Promise<void>)[] = [];
  const changes = {
    unchanged: () => [],
    '400 × 64 KiB': (name: string) => scattered(image.size, 400, 64 * 1024, name),
    '1 % in one piece': (name: string) => contiguous(image.size, image.size / 100, name),
  };
  const change = async (scenario: keyof typeof changes, name: string): Promise<Extent[]> => {
    const extents = changes[scenario](`${name}/${repetition}`);
    undo.push(await overwrite(image.path, extents, name));
    // As a copy of a disk that was just made: nobody believes its time.
    utimesSync(image.path, new Date(), new Date());
    return extents;
  };
  const scenarios = Object.keys(changes) as (keyof typeof changes)[];
  for (const scenario of scenarios) {
    const extents = await change(scenario, scenario);
    for (const contestant of all) yield await backUp(scenario, contestant, extents);
  }

  const { hash } = await contentOf(image.path);
  for (const contestant of all) {
    const target = join(folder, 'restored');
    mkdirSync(target);
    const { steps, restored } = contestant.restore(target, image.path);
    yield await measure('restore', contestant, steps, contestant.repository);
    if ((await contentOf(restored)).hash !== hash) throw new Error(`${contestant.name} restored another image.`);
    rmSync(target, { recursive: true });
  }
  for (const contestant of all) {
    yield await measure('verify', contestant, contestant.verify(), contestant.repository);
  }
  for (const contestant of all) {
    yield await measure('prune', contestant, contestant.prune(), contestant.repository);
  }
  // Other changes, which ours has to find by itself.
  for (const scenario of scenarios) {
    await change(scenario, `${scenario}, to be found`);
    yield await backUp(scenario, { ...strongroom, name: 'strongroom, not told where' });
  }
  for (const putBack of undo.reverse()) await putBack();
}

/** The cost of commands run one after the other. */
async function costOf(steps: readonly Step[]): Promise<Cost> {
  const sum: Cost = { seconds: 0, cpuSeconds: 0, peakBytes: 0 };
  for (const step of steps) {
    if (typeof step === 'function') {
      step();
      continue;
    }
    const cost = await measured(step);
    sum.seconds += cost.seconds;
    sum.cpuSeconds += cost.cpuSeconds;
    sum.peakBytes = Math.max(sum.peakBytes, cost.peakBytes);
  }
  return sum;
}

/** Reads a file or all files of a folder, so that they lie in the page cache. */
async function warmFolder(path: string): Promise<void> {
  for (const file of filesOf(path)) await warm(file);
}

function sizesOf(folder: string): { apparent: number; used: number } {
  const sizes = { apparent: 0, used: 0 };
  for (const file of filesOf(folder)) {
    const { size, blocks } = lstatSync(file);
    sizes.apparent += size;
    sizes.used += blocks * 512;
  }
  return sizes;
}

function filesOf(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Another order each time, another neighbour too: what one leaves behind shall not always meet the same next one. */
function inTurn<T>(items: readonly T[], repetition: number): T[] {
  const at = repetition % items.length;
  const rotated = [...items.slice(at), ...items.slice(0, at)];
  return repetition % 2 === 0 ? rotated.reverse() : rotated;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
