// What very large disks cost: npm run bench:scale -- [--data GiB] [--memory folder] [--scratch folder] [--json file]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../cli/io/table.ts';
import { contiguous, scattered } from '../repository/image.ts';
import { machine } from '../repository/machine.ts';
import { Refusal } from '../repository/refusal.ts';
import { scratchFolder } from '../repository/scratch.ts';
import { largeDisk } from './largeDisk.ts';
import { mapCostOf } from './mapCost.ts';

const [MIB, GIB, TIB] = [2 ** 20, 2 ** 30, 2 ** 40];
const SIZES = [1, 8, 32];
const BLOCK = 256 * 1024;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '2' },
    memory: { type: 'string', default: '/dev/shm' },
    scratch: { type: 'string', default: '/var/tmp' },
    json: { type: 'string', default: 'dist/bench-scale.json' },
  },
});

try {
  await bench();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function bench(): Promise<void> {
  const data = Number(values.data) * GIB;
  const memory = scratchFolder(values.memory, 8 * data);
  const scratch = scratchFolder(values.scratch, 3 * data);
  const right = (title: string) => ({ title, right: true });

  const disks = [];
  for (const size of SIZES) {
    for await (const one of largeDisk(memory, join(scratch, `${size}`), size * TIB, data)) disks.push({ size, ...one });
  }
  console.log(`A sparse disk with ${values.data} GiB of random data, in pieces of 1 MiB at random places\n`);
  const costs = disks.map(({ size, what, seconds, cpuSeconds, peakBytes }) => [
    `${size} TiB`,
    what,
    ...[seconds, cpuSeconds].map((value) => value.toFixed(2)),
    `${(peakBytes / MIB).toFixed(0)} MiB`,
  ]);
  console.log(table([right('disk'), { title: 'what' }, ...['seconds', 'CPU s', 'memory'].map(right)], costs));

  const maps = [];
  for (const [where, places] of Object.entries({
    scattered: (size: number) => scattered(size, GIB / BLOCK, BLOCK, `map/${size}`, BLOCK),
    'in one piece': (size: number) => contiguous(size, GIB, `map/${size}`),
  })) {
    for (const size of SIZES) maps.push({ size, where, ...(await mapCostOf(size * TIB, places(size * TIB))) });
  }
  console.log(
    '\nThe map of an incremental of 1 GiB, over a base that is in use around all changes; no two of its pages lie together\n',
  );
  const columns = ['disk', 'pages read', 'MiB', 'pages written', 'MiB', 'requests', 'seconds, with blocks'];
  const rows = maps.map((map) => [
    map.where,
    `${map.size} TiB`,
    `${map.pagesRead}`,
    (map.bytesRead / MIB).toFixed(1),
    `${map.pagesWritten}`,
    (map.bytesWritten / MIB).toFixed(1),
    `${map.requests}`,
    map.seconds.toFixed(2),
  ]);
  console.log(table([{ title: '1 GiB' }, ...columns.map(right)], rows));

  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(scratch), disks, maps }, null, 2)}\n`);
  console.log(`\nwritten to ${values.json}`);
}
