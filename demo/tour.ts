import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionView } from '../model/session.ts';
import { inventory, keptWithinBounds } from './bounds.ts';
import { check, leftovers, type Check } from './leftovers.ts';
import { changeBlocks, changedBlockBytes, spotCheckBytes, type DemoDisk } from './machine.ts';
import { progressView } from './progress.ts';
import { checkSite, damageSite, siteLine, summarizeSites, type SiteCheck, type SiteSummary } from './site.ts';
import { startWorld, type World } from './world.ts';

export interface TourOptions {
  diskFiles?: string[];
  /** Folder for the restored disks of the second point, as raw images. */
  exportTo?: string;
  record?: string;
  say: (line: string) => void;
  progressTo: NodeJS.WriteStream;
  /** Ends the tour and its world. */
  signal?: AbortSignal;
}

export interface BackupFigures {
  point: string;
  disks: { key: string; size: number; mode: string; reason?: string; read: number; stored: number }[];
  /** Totals, bytes; `served`: what the local Azure counted as sent through export URLs. */
  read: number;
  stored: number;
  served: number;
  ms: number;
}

export interface Report {
  /** Bytes of all disks, and of the parts of them that hold data. */
  bytesOnDisks: number;
  bytesAllocated: number;
  setupMs: number;
  siteCheck: SiteCheck;
  /** Names of what was taken away from the site, and what the next backup said that it put right. */
  repair: { removed: string[]; notes: string[] };
  /** At the end. */
  sites: SiteSummary[];
  backups: BackupFigures[];
  restores: { point: string; bytes: number; ms: number }[];
  /** Allocated bytes per byte stored by the first backup. */
  ratio: number;
  totalMs: number;
  checks: Check[];
}

/** The whole tour, in a world of its own that is gone afterwards. */
export async function takeTour(options: TourOptions): Promise<Report> {
  const { say } = options;
  const started = Date.now();
  say('Starting the local Azure and declaring the appliance with its Pulumi program …');
  const world = await startWorld({
    say,
    diskFiles: options.diskFiles,
    record: options.record,
    signal: options.signal,
  });
  try {
    const setupMs = Date.now() - started;
    say(`Appliance ready at ${world.apiUrl}: ${world.resources} resources declared.`);
    return { ...(await protectAndRestore(world, options)), setupMs, totalMs: Date.now() - started };
  } finally {
    await world.stop();
  }
}

async function protectAndRestore(world: World, options: TourOptions): Promise<Omit<Report, 'setupMs' | 'totalMs'>> {
  const { sandbox, machine } = world;
  const { say } = options;
  const sum = (figures: number[]) => figures.reduce((a, b) => a + b, 0);
  const bytesOnDisks = sum(machine.disks.map(({ id }) => sandbox.disks.size(id)));
  const bytesAllocated = sum(machine.disks.map(({ id }) => sandbox.disks.allocatedBytes(id)));

  const before = inventory(world);
  say("\nChecking the machine's site: a worker starts there and tries out all that a backup will need.");
  const [siteCheck, atFirst] = await Promise.all([checkSite(world, say), hashes(world, machine.disks)]);
  say('\nFirst backup: everything.');
  const first = await backUp(world, options);
  say('\nThe guest writes some blocks on two disks.');
  const changes = await changeBlocks(sandbox, machine, 'second');
  const atSecond = await hashes(world, machine.disks);
  const removed = await damageSite(world, say);
  say('Second backup: only what changed, once the site is whole again.');
  const second = await backUp(world, options);
  const { notes = [] } = second.session;
  for (const line of notes) say(`  ${line}`);
  const sites = await summarizeSites(world);
  for (const site of sites) say(siteLine(site));

  const allowed = changedBlockBytes(changes);
  const checked = spotCheckBytes(second.session);
  const checks: Check[] = [
    check(
      "every step of the site's check is well",
      siteCheck.steps.filter(({ ok }) => !ok),
      [],
    ),
    check(
      'the second backup put back what was taken away from the site, and said so',
      removed.filter((name) => !notes.some((line) => line.includes(name))),
      [],
    ),
    check(
      'every site is ready',
      sites.map(({ state }) => state),
      ['ready'],
    ),
  ];
  checks.push({
    name: `the second backup read no more than the changed blocks (${allowed} bytes)`,
    ok: second.figures.served <= allowed + checked && second.figures.read <= allowed,
    found: `${second.figures.served} served, ${second.figures.read} read, ${checked} for the spot check`,
  });
  const restores: Report['restores'] = [];
  const targets = [`${machine.resourceGroupId}-restored`];
  await sandbox.client.arm('PUT', `${machine.resourceGroupId}-restored?api-version=2025-04-01`, {
    location: 'westeurope',
  });
  for (const [title, { figures }, wanted] of [
    ['first', first, atFirst],
    ['second', second, atSecond],
  ] as const) {
    say(`\nRestoring the ${title} point to new disks.`);
    const { session, ms } = await restore(world, options, figures.point, `${title}-`);
    restores.push({ point: figures.point, bytes: bytesOnDisks, ms });
    for (const disk of machine.disks) {
      const target = session.disks.find(({ key }) => key === disk.key)?.target;
      if (target) targets.push(target);
      const found = target && (await sandbox.disks.sha256(target, disk.length));
      checks.push(
        check(`${title} point, disk ${disk.key}: SHA-256 is that of the disk at the time`, found, wanted.get(disk.key)),
      );
      if (title === 'second' && options.exportTo && target) await exportDisk(world, disk, target, options.exportTo);
    }
  }
  checks.push(...(await leftovers(world, second.session.id)), ...keptWithinBounds(world, before, targets));
  return {
    bytesOnDisks,
    bytesAllocated,
    siteCheck,
    repair: { removed, notes },
    sites,
    backups: [first.figures, second.figures],
    restores,
    ratio: bytesAllocated / first.figures.stored,
    checks,
  };
}

async function hashes({ sandbox }: World, disks: DemoDisk[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { key, id, length } of disks) found.set(key, await sandbox.disks.sha256(id, length));
  return found;
}

async function backUp(world: World, options: TourOptions): Promise<{ session: SessionView; figures: BackupFigures }> {
  const { sandbox, appliance, machine } = world;
  sandbox.disks.resetBytesServed();
  const { session, ms } = await follow(world, options, '/api/backups', { resourceId: machine.id });
  const served = sandbox.disks.bytesServed();
  const point = (await appliance.points(machine.id)).find(({ id }) => id === session.point);
  if (!point) throw new Error(`Session ${session.id} names point ${session.point}, which is not listed.`);
  const disks = point.disks.map(({ key, size, mode, reason, read, stored }) => ({
    key,
    size,
    mode,
    ...(reason ? { reason } : {}),
    read,
    stored,
  }));
  const total = (figure: 'read' | 'stored') => disks.reduce((sum, disk) => sum + disk[figure], 0);
  return { session, figures: { point: point.id, disks, read: total('read'), stored: total('stored'), served, ms } };
}

function restore(world: World, options: TourOptions, point: string, namePrefix: string) {
  const resourceGroupId = `${world.machine.resourceGroupId}-restored`;
  return follow(world, options, '/api/restores', { point, resourceGroupId, namePrefix });
}

async function follow(world: World, { progressTo }: TourOptions, path: string, body: object) {
  const view = progressView(progressTo);
  const started = Date.now();
  try {
    const session = await world.appliance.run(path, body, ({ disks }) => view.update(disks));
    return { session, ms: Date.now() - started };
  } finally {
    view.end();
  }
}

/** Writes a disk's content to a sparse file. */
async function exportDisk({ sandbox }: World, disk: DemoDisk, id: string, folder: string): Promise<void> {
  const MiB = 1024 * 1024;
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, `${disk.key}.img`), 'w');
  try {
    await file.truncate(disk.length);
    for (let at = 0; at < disk.length; at += MiB) {
      const data = await sandbox.disks.read(id, at, Math.min(MiB, disk.length - at));
      if (data.some((byte) => byte !== 0)) await file.write(data, 0, data.length, at);
    }
  } finally {
    await file.close();
  }
}
