// Sub-orchestrations with three activities each, per second, and a long life:
// node bench/durable-host.ts [--count N] [--runs N] [--generations N]
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createClock } from '../sandbox/core/clock.ts';
import { shareClock } from '../sandbox/edge/clockFile.ts';
import { startFunctionsHost, type FunctionsHost } from '../sandbox/functions-host/index.ts';

/** `getconf CLK_TCK` on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Run {
  seconds: number;
  /** Children, or generations, per second, from the start of the orchestration to its end. */
  perSecond: number;
  /** Processor time of the host's process for each, in milliseconds. */
  cpuMs: number;
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '7' },
    generations: { type: 'string', default: '10000' },
  },
});
const [count, runs, generations] = [Number(values.count), Number(values.runs), Number(values.generations)];

const directory = mkdtempSync(join(tmpdir(), 'durable-host-'));
// As in the sandbox: the host's `Date` follows a settable clock.
const clock = createClock();
const clockFile = join(directory, 'clock');
const shared = shareClock(clock, clockFile);
const preload = new URL('../sandbox/edge/guest/preload.mjs', import.meta.url).href;
const start = (): Promise<FunctionsHost> =>
  startFunctionsHost({
    directory: fileURLToPath(new URL('./durable-app', import.meta.url)),
    stateDir: join(directory, 'state'),
    env: { NODE_OPTIONS: `--import=${preload}`, SANDBOX_CLOCK_FILE: clockFile },
    clock,
    logFile: join(directory, 'host.log'),
  });
let host = await start();
const loadBefore = loadavg()[0]!;
try {
  // Warm: code compiled, files opened.
  for (let warmUp = 0; warmUp < 2; warmUp++) await fanOut();
  const measured: Run[] = [];
  for (let index = 0; index < runs; index++) measured.push(await fanOut());
  const before = await hubKiB();
  const eternal = await run('eternal', { left: generations }, 'ended', generations);
  report(measured, { generations, ...eternal, hubGrewByKiB: (await hubKiB()) - before });
} finally {
  await host.stop();
  shared.stop();
  rmSync(directory, { recursive: true, force: true });
}

function fanOut(): Promise<Run> {
  return run('parent', count, (count * (count - 1)) / 2 + 3 * count, count);
}

async function run(name: string, input: unknown, expected: unknown, units: number): Promise<Run> {
  const { url, pid, keys } = host;
  const base = `${url}/runtime/webhooks/durabletask`;
  const code = `code=${keys.systemKeys.durabletask_extension}`;
  const cpu = cpuSeconds(pid);
  const began = performance.now();
  const started = await fetch(`${base}/orchestrators/${name}?${code}`, {
    method: 'POST',
    body: JSON.stringify(input),
    headers: { 'content-type': 'application/json' },
  });
  const { id } = (await started.json()) as { id: string };
  for (;;) {
    const answer = await fetch(`${base}/instances/${id}?${code}&showInput=false`);
    const { runtimeStatus, output } = (await answer.json()) as { runtimeStatus: string; output: unknown };
    if (runtimeStatus === 'Completed' && output === expected) break;
    if (runtimeStatus === 'Completed' || runtimeStatus === 'Failed') {
      throw new Error(`${name}: ${runtimeStatus} with ${String(output)} instead of ${String(expected)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const seconds = (performance.now() - began) / 1000;
  return { seconds, perSecond: units / seconds, cpuMs: ((cpuSeconds(pid) - cpu) * 1000) / units };
}

/** User and system time of a process so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The size of the task hub, after a restart: with nothing left in its log. */
async function hubKiB(): Promise<number> {
  await host.stop();
  host = await start();
  return statSync(join(directory, 'state', 'taskhub-bench.db')).size / 1024;
}

function report(measured: Run[], eternal: object): void {
  const median = (key: keyof Run) => measured.map((one) => one[key]).sort((a, b) => a - b)[measured.length >> 1]!;
  const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);
  console.table(JSON.parse(JSON.stringify(measured, rounded)));
  const processors = cpus();
  const result = {
    what: 'sub-orchestrations with 3 activities each',
    machine: { processors: processors.length, model: processors[0]!.model, node: process.version },
    load: { before: loadBefore, after: loadavg()[0] },
    count,
    runs: measured,
    median: { perSecond: median('perSecond'), cpuMs: median('cpuMs') },
    eternal,
  };
  console.log(JSON.stringify(result, rounded, 2));
}
