import { createHash } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { open, readdir, readFile, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { vhdFooter } from '../../azure/vhdFooter.ts';
import { openFileTarget } from '../../cli/images/fileTarget.ts';
import { readState } from '../../cli/images/restoreState.ts';
import { Interruption } from '../../cli/io/io.ts';
import { makeWorld, noise, steady } from './commandLine.ts';
import type { World } from './commandLine.ts';

const MIB = 1024 * 1024;
let world: World;
let disk: Buffer;
beforeAll(async () => {
  world = await makeWorld();
  // Data, a hole, data, and a last block that is not whole.
  disk = Buffer.concat([noise(2 * MIB, 'first'), Buffer.alloc(3 * MIB), noise(MIB + 1024, 'last')]);
  await writeFile(world.path('disk.img'), disk);
});
afterAll(() => world.remove());

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const restored = async (name: string) => digest(await readFile(world.path(name)));

describe('backup and restore', () => {
  it('brings an image back, to a file with its holes and to standard output', async () => {
    const made = await world.run(['repo', 'backup', world.path('disk.img'), '--source', 'web']);
    expect(steady(made.text, world)).toMatchInlineSnapshot(`
      "Made restore point 20260501T100200Z-xxxxxxxx of web (6.00 MiB) in 0.0 s.
      Read 6.00 MiB (all of it, no point of this size before), stored 3.00 MiB (13 new blocks).
      "
    `);
    expect(made.code).toBe(0);
    const back = await world.run(['repo', 'restore', 'latest', '--to', world.path('back.img')]);
    expect(steady(back.text, world)).toMatchInlineSnapshot(`
      "Restored disk disk0 of 20260501T100200Z-xxxxxxxx (web, 2026-05-01 10:02:00 UTC) to …/back.img: 6.00 MiB in 0.0 s.
      "
    `);
    expect(await restored('back.img')).toBe(digest(disk));
    const { blocks } = await stat(world.path('back.img'));
    expect(blocks * 512).toBeLessThan(4 * MIB);
    const piped = await world.run(['repo', 'restore', 'latest', '--to', '-', '--json']);
    expect(digest(piped.stdout)).toBe(digest(disk));
    expect(JSON.parse(piped.error)).toMatchObject({ type: 'restored', source: 'web', bytes: disk.length });
  });

  it('compares with the newest point of the same source and size, and reads only what changed when that is told', async () => {
    const changed = Buffer.from(disk);
    noise(4096, 'change').copy(changed, 2_500_000);
    await writeFile(world.path('changed.img'), changed);
    await writeFile(world.path('ranges.json'), JSON.stringify([{ offset: 2_500_000, length: 4096 }]));
    const [point] = (
      await world.run([
        ...['repo', 'backup', world.path('changed.img'), '--source', 'web', '--json'],
        ...['--changed-ranges', world.path('ranges.json')],
      ])
    ).events;
    expect(point).toMatchObject({ type: 'point', source: 'web', read: 262_144, size: disk.length });
    const [disk0] = point?.disks as { read: unknown }[];
    expect(disk0?.read).toMatchObject({
      mode: 'incremental',
      basePoint: expect.stringMatching(/^20260501T/) as string,
    });
    await world.run(['repo', 'restore', 'latest', '--to', world.path('changed.back')]);
    expect(await restored('changed.back')).toBe(digest(changed));
  });

  it('takes no older point of the same size for the one that changes are told since', async () => {
    const ranges = ['--changed-ranges', world.path('ranges.json')];
    await writeFile(world.path('ranges.json'), '[]');
    await writeFile(world.path('grown.img'), Buffer.alloc(disk.length + 512));
    await writeFile(world.path('same.img'), disk);
    for (const image of ['same.img', 'grown.img'])
      await world.run(['repo', 'backup', world.path(image), '--source', 'g']);
    const again = await world.run(['repo', 'backup', world.path('same.img'), '--source', 'g', ...ranges]);
    expect(again).toMatchObject({
      code: 2,
      error: expect.stringContaining(`has ${disk.length + 512} bytes, not ${disk.length}`) as string,
    });
    const none = await world.run(['repo', 'backup', world.path('same.img'), '--source', 'nobody', ...ranges]);
    expect(none).toMatchObject({ code: 2, error: expect.stringContaining('has none of source "nobody"') as string });
  });

  it('takes what the base has and is no longer allocated for zeros', async () => {
    const freed = Buffer.concat([Buffer.alloc(2 * MIB), disk.subarray(2 * MIB)]);
    await writeFile(world.path('freed.img'), freed);
    const map = [
      { start: 0, length: 5 * MIB, depth: 0, present: true, zero: true, data: false },
      { start: 5 * MIB, length: MIB + 1024, depth: 0, present: true, zero: false, data: true, offset: 5 * MIB },
    ];
    await writeFile(world.path('map.json'), JSON.stringify(map));
    const { code, error } = await world.run([
      ...['repo', 'backup', world.path('freed.img'), '--source', 'web', '--allocated-ranges', world.path('map.json')],
    ]);
    expect(error).toBe('');
    expect(code).toBe(0);
    await world.run(['repo', 'restore', 'latest', '--source', 'web', '--to', world.path('freed.back')]);
    expect(await restored('freed.back')).toBe(digest(freed));
  });

  it('leaves the footer of a fixed VHD out, of a file and of a stream, and writes one on demand', async () => {
    const footer = vhdFooter(disk.length, Buffer.alloc(16, 7), '2026-05-01T00:00:00Z');
    const vhd = Buffer.concat([disk, footer]);
    await writeFile(world.path('disk.vhd'), vhd);
    const file = await world.run(['repo', 'backup', world.path('disk.vhd'), '--source', 'vhd', '--json']);
    const stream = await world.run(['repo', 'backup', '-', '--source', 'stream', '--json'], { input: vhd });
    expect([file.events.at(-1)?.size, stream.events.at(-1)?.size]).toEqual([disk.length, disk.length]);
    await world.run(['repo', 'restore', 'latest', '--format', 'vhd', '--to', world.path('back.vhd')]);
    const back = await readFile(world.path('back.vhd'));
    expect(digest(back.subarray(0, disk.length))).toBe(digest(disk));
    expect(back.toString('latin1', disk.length, disk.length + 8)).toBe('conectix');
    expect(back.length).toBe(disk.length + 512);
    footer.writeUInt32BE(3, 60); // Dynamic; the checksum follows.
    footer.writeUInt32BE(footer.readUInt32BE(64) - 1, 64);
    await writeFile(world.path('dynamic.vhd'), Buffer.concat([disk, footer]));
    const refused = await world.run(['repo', 'backup', world.path('dynamic.vhd'), '--source', 'vhd']);
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('qemu-img convert') as string });
  });

  it.each([
    ['qcow2', 'QFI\xfb\0\0\0\x03'],
    ['vmdk', 'KDMV\x01\0\0\0'],
    ['vhdx', 'vhdxfile'],
    ['vpc', 'conectix'],
  ])('refuses a %s file, which is no plain image', async (format, head) => {
    await writeFile(world.path('other'), Buffer.concat([Buffer.from(head, 'latin1'), disk]));
    const refused = await world.run(['repo', 'backup', world.path('other'), '--source', 'other']);
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining(`convert -f ${format} -O raw`) as string });
  });

  it('reads everything without the base when its map is damaged, unless changes are told since it', async () => {
    const other = await makeWorld();
    try {
      await writeFile(other.path('disk.img'), disk);
      await writeFile(other.path('ranges.json'), '[{"offset":0,"length":4096}]');
      const backup = (...args: string[]) =>
        other.run(['repo', 'backup', other.path('disk.img'), '--source', 'web', ...args]);
      await backup();
      for (const pack of await readdir(other.path('repo/maps'))) await truncate(other.path(`repo/maps/${pack}`), 100);
      const told = await backup('--changed-ranges', other.path('ranges.json'));
      expect(told).toMatchObject({ code: 2, error: expect.stringContaining('is damaged') as string });
      const anew = await backup('--json');
      expect(anew.code).toBe(0);
      const reason = expect.stringContaining('is damaged') as string;
      expect(anew.events.at(-1)).toMatchObject({ read: disk.length, disks: [{ read: { mode: 'full', reason } }] });
      const back = await other.run(['repo', 'restore', 'latest', '--source', 'web', '--to', other.path('back.img')]);
      expect(back.code).toBe(0);
      expect(digest(await readFile(other.path('back.img')))).toBe(digest(disk));
    } finally {
      await other.remove();
    }
  });

  it('adds zeros to a sector that is not whole, and says so', async () => {
    await writeFile(world.path('odd.img'), disk.subarray(0, 700));
    const file = await world.run(['repo', 'backup', world.path('odd.img'), '--source', 'odd']);
    expect(steady(file.error, world)).toBe(
      '…/odd.img is no whole number of sectors of 512 bytes: 324 zero bytes are added at its end.\n',
    );
    const stream = await world.run(['repo', 'backup', '-', '--source', 'odd'], { input: disk.subarray(0, 700) });
    expect(stream.error).toContain('Standard input is no whole number of sectors');
    const back = await world.run(['repo', 'restore', 'latest', '--to', '-']);
    expect(digest(back.stdout)).toBe(digest(Buffer.concat([disk.subarray(0, 700), Buffer.alloc(324)])));
  });
});

describe('a restore that was interrupted', () => {
  const begin = async (to: string) => {
    const stop = new AbortController();
    stop.abort(new Interruption('Interrupted.', 130));
    await world.run(['repo', 'backup', world.path('disk.img'), '--source', 'resume']);
    return world.run(['repo', 'restore', 'latest', '--source', 'resume', '--to', to], { signal: stop.signal });
  };

  it('leaves a state beside the target with which the same command goes on, comparing what is there', async () => {
    const to = world.path('resumed.img');
    const interrupted = await begin(to);
    expect(interrupted.code).toBe(130);
    expect(steady(interrupted.error, world)).toMatchInlineSnapshot(`
      "The restore is not complete: repeat the command to go on, or delete …/resumed.img.
      strongroom: Interrupted.
      "
    `);
    // As if it had come to the middle, and the machine had lost a block of that.
    const state = `${to}.strongroom-restore`;
    const noted = JSON.parse(await readFile(state, 'utf8')) as object;
    await writeFile(state, JSON.stringify({ ...noted, done: 5 * MIB }));
    const file = await open(to, 'r+');
    await file.write(disk, 0, MIB, 0);
    await file.write(noise(512, 'garbage'), 0, 512, 4 * MIB);
    await file.close();
    const done = await world.run(['repo', 'restore', 'latest', '--source', 'resume', '--to', to]);
    expect(done.code).toBe(0);
    expect(done.error).toMatchInlineSnapshot(`
      "Going on where the restore was interrupted: 5.00 MiB are there.
      5 blocks of that were not as in the point, and are now.
      "
    `);
    expect(await restored('resumed.img')).toBe(digest(disk));
    await expect(stat(state)).rejects.toThrow('ENOENT');
  });

  it('is not gone on with by another restore', async () => {
    const to = world.path('other.img');
    await begin(to);
    const other = await world.run(['repo', 'restore', 'latest', '--source', 'vhd', '--to', to]);
    expect(other).toMatchObject({ code: 6, error: expect.stringContaining('holds another restore') as string });
    const replaced = await world.run(['repo', 'restore', 'latest', '--source', 'vhd', '--to', to, '--overwrite']);
    expect(replaced.code).toBe(0);
    expect(await restored('other.img')).toBe(digest(disk));
  });

  it('refuses a target that exists, and replaces all of it with --overwrite', async () => {
    const to = world.path('there.img');
    await writeFile(to, Buffer.alloc(8 * MIB, 1));
    const refused = await world.run(['repo', 'restore', 'latest', '--source', 'web', '--to', to]);
    expect(refused).toMatchObject({
      code: 6,
      error: `strongroom: ${to} exists: name another file, or give --overwrite to replace it.\n`,
    });
    await world.run(['repo', 'restore', 'latest', '--source', 'vhd', '--to', to, '--overwrite']);
    expect(await restored('there.img')).toBe(digest(disk));
  });
});

describe('a backup that fails', () => {
  const points = async () => (await world.run(['repo', 'points', '--json'])).events.length;

  it('because its source became shorter makes no point', async () => {
    const path = world.path('shrinks.img');
    await writeFile(path, noise(8 * MIB, 'shrinks'));
    const before = await points();
    // The time is taken when the image is open and measured.
    const now = () => {
      truncateSync(path, 1000);
      return Date.parse('2026-05-02T00:00:00Z');
    };
    const failed = await world.run(['repo', 'backup', path, '--source', 'shrinks', '--json'], { now });
    expect(failed).toMatchObject({ code: 8, error: expect.stringContaining('became shorter') as string });
    expect(failed.events.at(-1)).toMatchObject({ type: 'error', exitCode: 8, code: 'SOURCE_FAILED' });
    expect(await points()).toBe(before);
  });

  it('because standard input broke off with an error makes no point', async () => {
    const before = await points();
    const stdin = Readable.from(
      (function* () {
        yield noise(MIB, 'stream');
        throw Object.assign(new Error('broken'), { code: 'EIO' });
      })(),
    );
    const failed = await world.run(['repo', 'backup', '-', '--source', 'broken'], { stdin });
    expect(failed).toMatchObject({
      code: 8,
      error: expect.stringContaining('Standard input cannot be read (EIO)') as string,
    });
    expect(await points()).toBe(before);
  });

  it('because it was interrupted makes no point, and ends its registration', async () => {
    const before = await points();
    const stop = new AbortController();
    const stdin = new Readable({ read: () => undefined });
    const running = world.run(['repo', 'backup', '-', '--source', 'stopped'], { stdin, signal: stop.signal });
    stdin.push(noise(MIB, 'stopped'));
    await vi.waitFor(async () => expect(await registrations('live')).toBe(1));
    stop.abort(new Interruption('Interrupted.', 130));
    expect(await running).toMatchObject({ code: 130, error: 'strongroom: Interrupted.\n' });
    expect(await registrations('live')).toBe(0);
    expect(await points()).toBe(before);
  });

  const registrations = async (state: string): Promise<number> => {
    const folder = world.path('repo/writers');
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
    return texts.filter((text) => text.includes(`"state":"${state}"`)).length;
  };
});

describe('a file that is restored to', () => {
  it('takes several writes at once, however far from each other', async () => {
    const GIB = 1024 * MIB;
    const path = world.path('sparse.img');
    const restore = { repository: 'r', point: 'p', disk: 'disk0', format: 'raw' as const, size: 64 * GIB, done: 0 };
    const target = await openFileTarget(path, { bytes: restore.size, restore, overwrite: false });
    await Promise.all(Array.from({ length: 64 }, (_, i) => target.write(i * GIB, Buffer.from('here'))));
    expect(await readState(path)).toMatchObject({ done: 63 * GIB + 4 });
    await target.finish();
    expect(await readState(path)).toBeUndefined();
    await unlink(path);
  });
});
