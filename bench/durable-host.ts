// Sub-orchestrations with three activities each, per second: node bench/durable-host.ts [--count N] [--runs N]
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
  /** Children per second, from the start of the parent to its end. */
  perSecond: number;
  /** Processor time of the host's process for each child, in milliseconds. */
  cpuMs: number;
}

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000' }, runs: { type: 'string', default: '7' } },
});
const count = Number(values.count);
const runs = Number(values.runs);

const directory = mkdtempSync(join(tmpdir(), 'durable-host-'));
// As in the sandbox: the host's `Date` follows a settable clock.
const clock = createClock();
const clockFile = join(directory, 'clock');
const shared = shareClock(clock, clockFile);
const preload = new URL('../sandbox/edge/guest/preload.mjs', import.meta.url).href;
const host = await startFunctionsHost({
  directory: fileURLToPath(new URL('./durable-app', import.meta.url)),
  stateDir: join(directory, 'state'),
  env: { NODE_OPTIONS: `--import=${preload}`, SANDBOX_CLOCK_FILE: clockFile },
  clock,
  logFile: join(directory, 'host.log'),
});
const load = loadavg()[0]!;
try {
  // Warm: code compiled, files opened.
  for (let warmUp = 0; warmUp < 2; warmUp++) await run(host);
  const measured: Run[] = [];
  for (let index = 0; index < runs; index++) measured.push(await run(host));
  report(measured);
} finally {
  await host.stop();
  shared.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function run({ url, pid, keys }: FunctionsHost): Promise<Run> {
  const base = `${url}/runtime/webhooks/durabletask`;
  const code = `code=${keys.systemKeys.durabletask_extension}`;
  const cpu = cpuSeconds(pid);
  const began = performance.now();
  const body = JSON.stringify(count);
  const started = await fetch(`${base}/orchestrators/parent?${code}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const { id } = (await started.json()) as { id: string };
  for (;;) {
    const answer = await fetch(`${base}/instances/${id}?${code}&showInput=false`);
    const { runtimeStatus, output } = (await answer.json()) as { runtimeStatus: string; output: number };
    if (runtimeStatus === 'Completed') {
      const expected = (count * (count - 1)) / 2 + 3 * count;
      if (output !== expected) throw new Error(`The sum is ${output}, not ${expected}`);
      break;
    }
    if (runtimeStatus === 'Failed') throw new Error(`The parent failed: ${String(output)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const seconds = (performance.now() - began) / 1000;
  return { seconds, perSecond: count / seconds, cpuMs: ((cpuSeconds(pid) - cpu) * 1000) / count };
}

/** User and system time of a process so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function report(measured: Run[]): void {
  const median = (key: keyof Run) => measured.map((one) => one[key]).sort((a, b) => a - b)[measured.length >> 1]!;
  console.table(measured.map((one) => ({ ...one })));
  const processors = cpus();
  const result = {
    what: 'sub-orchestrations with 3 activities each',
    machine: { processors: processors.length, model: processors[0]!.model, node: process.version },
    loadBefore: load,
    count,
    runs: measured,
    median: { perSecond: median('perSecond'), cpuMs: median('cpuMs') },
    taskHubMiB: statSync(join(directory, 'state', 'taskhub-bench.db')).size / 2 ** 20,
  };
  console.log(JSON.stringify(result, null, 2));
}
