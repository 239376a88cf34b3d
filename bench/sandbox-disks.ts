// Disks of the local Azure, through ARM and SAS: node --expose-gc bench/sandbox-disks.ts [--snapshots N] [--extents N]
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox, type Sandbox } from '../sandbox/index.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const API = 'api-version=2025-01-02';

const { values } = parseArgs({
  options: { snapshots: { type: 'string', default: '1000' }, extents: { type: 'string', default: '262144' } },
});
const snapshots = Number(values.snapshots);
const extents = Number(values.extents);

const folder = mkdtempSync(join(tmpdir(), 'bench-disks-'));
const rows: [string, string][] = [];
const report = (what: string, value: string) => {
  rows.push([what, value]);
  console.log(`${what}: ${value}`);
};
console.log(`Node.js ${process.version}, ${cpus().length} × ${cpus()[0]!.model}, load ${loadavg()[0]!.toFixed(1)}`);

let sandbox = await open();
const group = `/subscriptions/${sandbox.subscriptionId}/resourceGroups/bench`;
const compute = `${group}/providers/Microsoft.Compute`;
try {
  await sandbox.client.arm('PUT', `${group}?api-version=2021-04-01`, { location: 'westeurope' });
  await manySnapshots();
  await largeDisk();
  await reopened();
} finally {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n| what | value |\n|---|---|\n${rows.map(([what, value]) => `| ${what} | ${value} |`).join('\n')}`);

/** A world without ARM's request limits and compute's limits of snapshots and exports. */
async function open(): Promise<Sandbox> {
  const world = await startSandbox({ state: folder });
  for (const limit of Object.values(world.settings.arm.limits)) Object.assign(limit, { bucket: 1e9, perSecond: 1e9 });
  const most = Number.MAX_SAFE_INTEGER;
  Object.assign(world.settings.compute, {
    snapshotsPerFiveMinutes: most,
    snapshotsPerDisk: most,
    activeSasPerFamily: most,
  });
  return world;
}

async function manySnapshots(): Promise<void> {
  const id = `${compute}/disks/family`;
  await createDisk('family', 64);
  for (let at = 0; at < 256; at += 1) await sandbox.disks.write(id, at * MIB, Buffer.alloc(MIB, 1));
  const before = cost();
  const times: number[] = [];
  let writing = 0;
  for (let i = 1; i <= snapshots; i += 1) {
    const began = performance.now();
    for (let n = 0; n < 16; n += 1) {
      await sandbox.disks.write(id, place(i * 16 + n, 64 * GIB, 65_536), Buffer.alloc(65_536, i));
    }
    const written = performance.now();
    writing += written - began;
    await createSnapshot(`s${i}`, id);
    times.push(performance.now() - written);
  }
  const after = cost();
  const hundred = Math.min(100, times.length);
  report(`${snapshots} snapshots (1 MiB in 16 places written before each), through ARM`, seconds(sum(times)));
  report(
    '– one of the first hundred, one of the last hundred, median',
    `${ms(median(times.slice(0, hundred)))}, ${ms(median(times.slice(-hundred)))}`,
  );
  report(`– writing of the ${snapshots} MiB`, seconds(writing));
  report('– memory: heap, outside it', `${mib(after.heap - before.heap)}, ${mib(after.external - before.external)}`);
  report(
    '– disk used: layers, database',
    `${mib(after.layers - before.layers)}, ${mib(after.database - before.database)}`,
  );

  const [first, next, last] = [await sasOf('s1'), await sasOf(`s${snapshots - 1}`), await sasOf(`s${snapshots}`)];
  await timed(`page list of the newest`, () => pageList(last));
  await timed(`difference of 1 and ${snapshots}`, () => pageList(last, first));
  await timed(`difference of ${snapshots - 1} and ${snapshots}`, () => pageList(last, next));
  for (const name of ['s1', `s${snapshots - 1}`, `s${snapshots}`]) {
    await sandbox.client.arm('POST', `${compute}/snapshots/${name}/endGetAccess?${API}`, {});
  }
  const names = Array.from({ length: snapshots }, (_, i) => `s${i + 1}`).toSorted((a, b) => hash(a) - hash(b));
  const began = performance.now();
  for (const name of names) await sandbox.client.arm('DELETE', `${compute}/snapshots/${name}?${API}`);
  report(`${snapshots} deletes in random order, through ARM`, seconds(performance.now() - began));
  await sandbox.client.arm('DELETE', `${compute}/disks/family?${API}`);
  report('– disk used by layers after the disk is deleted too', mib(cost().layers));
}

async function largeDisk(): Promise<void> {
  const size = 32_767 * GIB;
  const id = `${compute}/disks/large`;
  const before = cost();
  await createDisk('large', 32_767);
  const began = performance.now();
  for (let i = 0; i < extents; i += 1) await sandbox.disks.write(id, place(i, size, 4096), Buffer.alloc(4096, i));
  const wrote = performance.now() - began;
  const after = cost();
  report(`32 TiB disk: ${extents} writes of 4 KiB (${mib(extents * 4096)}), scattered`, seconds(wrote));
  report('– memory: heap, outside it', `${mib(after.heap - before.heap)}, ${mib(after.external - before.external)}`);
  report(
    '– disk used: layers, database',
    `${mib(after.layers - before.layers)}, ${mib(after.database - before.database)}`,
  );
  await timed('snapshot of it, through ARM', async () => {
    await createSnapshot('large-1', id);
    return '';
  });
  for (let i = 0; i < 100; i += 1) await sandbox.disks.write(id, place(extents + i, size, 4096), Buffer.alloc(4096, i));
  await createSnapshot('large-2', id);
  const [one, two] = [await sasOf('large-1'), await sasOf('large-2')];
  await timed('page list of the snapshot', () => pageList(one));
  await timed('difference after 100 more writes', () => pageList(two, one));
  const headers = { 'x-ms-range': `bytes=${place(5, size, 4096)}-${place(5, size, 4096) + 4095}` };
  await timed('1,000 reads of 4 KiB through the SAS', async () => {
    for (let i = 0; i < 1000; i += 1) await sandbox.client.send('GET', one, { headers });
    return '';
  });
}

async function reopened(): Promise<void> {
  await sandbox.stop();
  await timed('the world stopped and started again, with that disk', async () => {
    sandbox = await open();
    return '';
  });
  const bytes = sandbox.disks.allocatedBytes(`${compute}/disks/large`);
  report('– data of the large disk', mib(bytes));
}

async function timed(what: string, work: () => Promise<string>): Promise<void> {
  const began = performance.now();
  const found = await work();
  report(what, `${ms(performance.now() - began)}${found && ` (${found})`}`);
}

/** All answers of a page list, one after the other. */
async function pageList(sas: string, previous?: string): Promise<string> {
  let ranges = 0;
  let pages = 0;
  for (let marker: string | undefined = ''; marker !== undefined; pages += 1) {
    const reply = await sandbox.client.send('GET', `${sas}&comp=pagelist&marker=${marker}`, {
      headers: { 'x-ms-version': '2021-12-02', ...(previous && { 'x-ms-previous-snapshot-url': previous }) },
    });
    if (reply.status !== 200) throw new Error(`page list: ${reply.status} ${String(reply.body)}`);
    const xml = String(reply.body);
    ranges += xml.split('<Start>').length - 1;
    marker = /<NextMarker>(.+)<\/NextMarker>/.exec(xml)?.[1];
  }
  return `${ranges} ranges in ${pages} answers`;
}

function createDisk(name: string, diskSizeGB: number): Promise<unknown> {
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB };
  return sandbox.client.arm('PUT', `${compute}/disks/${name}?${API}`, { location: 'westeurope', properties });
}

function createSnapshot(name: string, sourceResourceId: string): Promise<unknown> {
  const properties = { incremental: true, creationData: { createOption: 'Copy', sourceResourceId } };
  return sandbox.client.arm('PUT', `${compute}/snapshots/${name}?${API}`, { location: 'westeurope', properties });
}

async function sasOf(name: string): Promise<string> {
  const body = { access: 'Read', durationInSeconds: 3600 };
  const grant = await sandbox.client.arm('POST', `${compute}/snapshots/${name}/beginGetAccess?${API}`, body);
  return (grant as { accessSAS: string }).accessSAS;
}

/** A place for the n-th piece of `length` bytes, aligned to it: the same at each run, scattered over the disk. */
function place(n: number, size: number, length: number): number {
  return Math.floor((hash(String(n)) / 2 ** 32) * (size / length)) * length;
}

/** FNV-1a, mixed. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const character of text) h = Math.imul(h ^ character.charCodeAt(0), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Memory of this process and what the folder takes on the disk, in bytes. */
function cost() {
  globalThis.gc?.();
  const { heapUsed: heap, rss, heapTotal } = process.memoryUsage();
  const database = readdirSync(folder).filter((name) => name.startsWith('world.db'));
  return {
    heap,
    external: rss - heapTotal,
    layers: used(join(folder, 'compute', 'disks')),
    database: database.reduce((all, name) => all + lstatSync(join(folder, name)).size, 0),
  };
}

function used(dir: string): number {
  return sum(readdirSync(dir).map((name) => lstatSync(join(dir, name)).blocks * 512));
}

function sum(numbers: number[]): number {
  return numbers.reduce((all, n) => all + n, 0);
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
