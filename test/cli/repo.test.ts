import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorld, noise, steady } from './commandLine.ts';
import type { World } from './commandLine.ts';

let world: World;
const ok = async (...args: string[]) => {
  const ran = await world.run(['repo', ...args]);
  if (ran.code !== 0) throw new Error(`${args.join(' ')}: ${ran.error}`);
  return ran;
};
beforeAll(async () => {
  world = await makeWorld();
  await writeFile(world.path('web.img'), noise(300_032, 'web'));
  await writeFile(world.path('db.img'), noise(512, 'db'));
  await ok('backup', world.path('web.img'), '--source', 'web');
  await ok('backup', world.path('db.img'), '--source', 'db');
  await ok('backup', world.path('web.img'), '--source', 'web');
});
afterAll(() => world.remove());

describe('what a person sees', () => {
  it('of points', async () => {
    expect(steady((await ok('points')).text, world)).toMatchInlineSnapshot(`
      "POINT                      TIME (UTC)           SOURCE  DISKS     SIZE     READ   STORED
      20260501T100200Z-xxxxxxxx  2026-05-01 10:02:00  web         1  293 KiB  293 KiB  293 KiB
      20260501T100300Z-xxxxxxxx  2026-05-01 10:03:00  db          1    512 B    512 B    596 B
      20260501T100400Z-xxxxxxxx  2026-05-01 10:04:00  web         1  293 KiB  293 KiB      0 B
      "
    `);
    expect((await ok('points', '--source', 'db')).text).not.toContain('web');
    expect((await ok('points', '--source', 'nobody')).text).toBe('There is no restore point of source "nobody".\n');
  });

  it('of a point', async () => {
    expect(steady((await ok('show', 'latest', '--source', 'web')).text, world)).toMatchInlineSnapshot(`
      "point        20260501T100400Z-xxxxxxxx
      time         2026-05-01 10:04:00 UTC
      source       web
      consistency  unknown
      session      20260501T100400Z-xxxxxxxx

      DISK  KEY    NAME        SIZE     READ  STORED  HOW
      0     disk0  web.img  293 KiB  293 KiB     0 B  in full: compared with 20260501T100200Z-xxxxxxxx
      "
    `);
  });

  it('of the keys', async () => {
    const { text } = await ok('key', 'list');
    expect(text.replace(/^[0-9a-f]{8}/gm, 'xxxxxxxx')).toMatchInlineSnapshot(`
      "SLOT      KEY           ADDED (UTC)          VAULT KEY
      xxxxxxxx  passphrase    2026-05-01 10:01:00
      xxxxxxxx  recovery key  2026-05-01 10:01:00
      "
    `);
  });

  it('of retention, before anything is done', async () => {
    const { text } = await ok('prune', '--keep-last', '1', '--dry-run');
    expect(steady(text, world)).toMatchInlineSnapshot(`
      "POINT                      TIME (UTC)           SOURCE  WHAT
      20260501T100300Z-xxxxxxxx  2026-05-01 10:03:00  db      keep (last)
      20260501T100400Z-xxxxxxxx  2026-05-01 10:04:00  web     keep (last)
      20260501T100200Z-xxxxxxxx  2026-05-01 10:02:00  web     would delete

      Would delete 1 restore point and 0 packs: would free 0 B. 2 restore points and 4 packs stay.
      "
    `);
    expect((await ok('points', '--json')).events).toHaveLength(3);
  });

  it('of a check with and without the key', async () => {
    expect((await ok('verify', '--read-data')).text).toContain('No damage was found.');
    const { code, text } = await world.run(['repo', 'verify', '--no-key']);
    expect(code).toBe(0);
    expect(text).toContain('without a key');
  });
});

describe('points as JSON', () => {
  it('have id, source and time, and whatever else is known of them', async () => {
    const { events } = await ok('points', '--json');
    expect(events.map(({ source }) => source)).toEqual(['web', 'db', 'web']);
    expect(events[0]).toMatchObject({
      type: 'point',
      id: expect.stringMatching(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/) as string,
      time: expect.stringMatching(/^2026-05-01T10:0\d:00\.000Z$/) as string,
      kind: 'image',
      consistency: 'unknown',
      size: 300_032,
      disks: [{ number: 0, key: 'disk0', name: 'web.img', size: 300_032 }],
    });
  });
});

describe('a point is found', () => {
  it('by its id, by the beginning of its id, and as the latest', async () => {
    const ids = (await ok('points', '--json')).events.map(({ id }) => id as string);
    const shown = async (...names: string[]) => (await ok('show', '--json', ...names)).events[0]?.id;
    expect(await shown(ids[1]!)).toBe(ids[1]);
    expect(await shown(ids[0]!.slice(0, 18))).toBe(ids[0]);
    expect(await shown('latest')).toBe(ids[2]);
    expect(await shown('latest', '--source', 'db')).toBe(ids[1]);
  });
});

describe('keys', () => {
  it('are added, replaced and removed; what was removed opens nothing', async () => {
    const file = world.path('second');
    await ok('key', 'add', '--new-recovery-key-file', file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const withSecond = ['repo', 'key', 'list', '--json', '--recovery-key-file', file];
    expect((await world.runBare(withSecond)).code).toBe(0);
    const slots = (await world.run(['repo', 'key', 'list', '--json'])).events;
    expect(slots).toHaveLength(3);
    const id = slots.at(-1)?.id as string;
    const { text } = await ok('key', 'rotate', id, '--new-recovery-key');
    expect(text).toMatch(/^Recovery key, shown only now:\n\n {4}SR1-/);
    expect((await world.runBare(withSecond)).code).toBe(4);
    const rotated = (await world.run(['repo', 'key', 'list', '--json'])).events.at(-1)?.id as string;
    expect(rotated).not.toBe(id);
    const refused = await world.run(['repo', 'key', 'remove', rotated]);
    expect(refused.code).toBe(2);
    await ok('key', 'remove', rotated, '--recovery');
    expect((await world.run(['repo', 'key', 'list', '--json'])).events).toHaveLength(2);
  });

  it('of a repository that could not be made leave no file behind', async () => {
    const file = world.path('never');
    const again = await world.runBare([
      'repo',
      'init',
      '--passphrase-file',
      world.path('pass'),
      '--recovery-key-file',
      file,
    ]);
    expect(again.code).toBe(6);
    await expect(stat(world.path('never'))).rejects.toThrow('ENOENT');
  });
});

describe('bad input', () => {
  const cases: [what: string, args: string[], code: number, message: string][] = [
    ['a repository that is not there', ['points', '--repo', '…/nowhere'], 3, 'There is no folder …/nowhere'],
    ['a folder that is no repository', ['points', '--repo', '…/plain'], 3, 'There is no repository at …/plain'],
    ['a repository of a newer version', ['points', '--repo', '…/newer'], 3, 'has format version 2'],
    ['a file in place of the repository', ['points', '--repo', '…/web.img'], 2, '…/web.img is not a folder'],
    ['a URL of another kind', ['points', '--repo', 's3://bucket'], 2, 'A repository at s3: is not possible'],
    [
      'a URL with a signature',
      ['points', '--repo', 'https://a.blob.core.windows.net/c?sig=secret'],
      2,
      'without a query',
    ],
    ['a repository where one is', ['init', '--passphrase-file', '…/pass', '--no-recovery'], 2, 'give one of them'],
    ['a key file that is not there', ['points', '--recovery-key-file', '…/nowhere'], 2, '(ENOENT)'],
    ['a key that is none', ['points', '--recovery-key-file', '…/pass'], 4, 'That is no recovery key'],
    ['two keys', ['points', '--passphrase-file', '…/pass'], 2, 'Several keys were given'],
    ['an unknown command', ['pionts'], 2, 'Did you mean points?'],
    ['an unknown option', ['points', '--sauce', 'web'], 2, 'Did you mean --source?'],
    ['a value that is missing', ['backup', '…/web.img', '--source'], 2, 'argument missing'],
    ['no source', ['backup', '-'], 2, "'--source <name>' not specified"],
    ['an empty source', ['backup', '…/web.img', '--source', ' '], 2, '1 to 200 characters'],
    ['an image that is not there', ['backup', '…/nowhere', '--source', 'a'], 6, 'There is no image …/nowhere'],
    ['a folder as an image', ['backup', '…/plain', '--source', 'a'], 2, '…/plain is a folder'],
    ['an empty image', ['backup', '…/empty', '--source', 'a'], 2, '…/empty is empty'],
    ['an empty standard input', ['backup', '-', '--source', 'a'], 2, 'Standard input brought no image'],
    ['a device that is no disk', ['backup', '/dev/null', '--source', 'a'], 2, '/dev/null is no disk image'],
    [
      'changes since no point',
      ['backup', '…/web.img', '--source', 'a', '--changed-ranges', '…/ranges'],
      2,
      'Changes since which point?',
    ],
    [
      'ranges of a stream',
      ['backup', '-', '--source', 'a', '--changed-ranges', '…/ranges'],
      2,
      'Ranges go with a file',
    ],
    ['a point that is not there', ['show', '20990101'], 6, 'There is no restore point 20990101'],
    ['a point that could be several', ['show', '2026'], 2, 'Several points begin with 2026'],
    ['a point without a name', ['show', ''], 2, 'Which point?'],
    ['the latest of nobody', ['show', 'latest', '--source', 'nobody'], 6, 'no restore point of source "nobody"'],
    ['a source beside an id', ['show', '2026', '--source', 'web'], 2, '--source goes with the point "latest"'],
    [
      'a disk that is not there',
      ['restore', 'latest', '--disk', 'lun3', '--to', '…/x'],
      6,
      'has no disk lun3: it has 0 (disk0)',
    ],
    [
      'a target in no folder',
      ['restore', 'latest', '--to', '…/nowhere/x'],
      6,
      'The folder of …/nowhere/x does not exist',
    ],
    [
      'a target that is a folder',
      ['restore', 'latest', '--to', '…/plain', '--overwrite'],
      2,
      'neither a file nor a block device',
    ],
    ['an unknown format', ['restore', 'latest', '--to', '…/x', '--format', 'vmdk'], 2, 'Allowed choices are raw, vhd'],
    ['a share of nothing', ['verify', '--sample', '0%'], 2, 'above 0% and up to 100%'],
    ['a repair without a key', ['verify', '--no-key', '--repair'], 4, 'A repair needs the key'],
    ['rules that keep nothing', ['prune', '--keep-last', '0'], 2, 'No rule keeps anything'],
    [
      'a point that is not there',
      ['prune', '--delete', '20990101T000000Z-00000000'],
      6,
      'There is no restore point 2099',
    ],
    ['a number that is none', ['prune', '--keep-daily', 'some'], 2, 'It is a whole number from 0'],
    ['a port that is none', ['serve', 'latest', '--port', '65536'], 2, 'It is a whole number from 0 to 65535'],
    ['no new key', ['key', 'add'], 2, 'Which new key?'],
    ['a slot that is not there', ['key', 'remove', 'ffffffff'], 6, 'There is no key slot "ffffffff"'],
  ];

  beforeAll(async () => {
    await mkdir(world.path('plain'));
    await mkdir(world.path('newer'));
    const config = await readFile(world.path('repo/strongroom.json'), 'utf8');
    const line = config.split('\n')[0]!.replace('"version":1', '"version":2');
    await writeFile(
      world.path('newer/strongroom.json'),
      `${line}\n${createHash('sha256').update(line).digest('hex')}\n`,
    );
    await writeFile(world.path('empty'), '');
    await writeFile(world.path('ranges'), '[{"offset":0,"length":512}]');
  });

  it.each(cases)('%s: exit code and a message with the way out', async (_, args, code, message) => {
    const own = args.some((arg) => arg === '--recovery-key-file') || args.at(-1) === '--source';
    const all = ['repo', ...args.map((arg) => arg.replace('…', world.folder))];
    const { error, code: got } = await (own ? world.runBare(all) : world.run(all));
    expect(error.replaceAll(world.folder, '…')).toContain(message);
    expect(error).toMatch(/^strongroom: /);
    expect(got).toBe(code);
  });

  it('a wrong passphrase is refused at once, and says what else opens the repository', async () => {
    await writeFile(world.path('wrong'), 'incorrect horse\n');
    const { code, error } = await world.runBare(['repo', 'points', '--passphrase-file', world.path('wrong')]);
    expect(error).toMatch(
      /^strongroom: The passphrase is wrong for repository .* opens also with the recovery key\.$/m,
    );
    expect(code).toBe(4);
  });

  it('no key at all says how to give one', async () => {
    const { code, error } = await world.runBare(['repo', 'points']);
    expect([code, error]).toEqual([4, expect.stringContaining('Give --passphrase-file, --recovery-key-file')]);
  });

  it('is told to machines too', async () => {
    const { events, code } = await world.run(['repo', 'show', '20990101', '--json']);
    expect(events).toEqual([
      { type: 'error', exitCode: 6, code: 'NOT_FOUND', message: expect.any(String) as string, retryable: false },
    ]);
    expect(code).toBe(6);
    const usage = await world.run(['repo', 'points', '--json', '--sauce', 'web']);
    expect(usage.events).toMatchObject([{ type: 'error', exitCode: 2, code: 'INVALID_INPUT' }]);
    expect(usage.error.match(/unknown option/g)).toHaveLength(1);
  });
});

describe('a point that cannot be read', () => {
  it('stops prune, which says how to give it up, and goes when it is named', async () => {
    const other = await makeWorld();
    try {
      await writeFile(other.path('disk.img'), noise(4096, 'disk'));
      for (const source of ['lost', 'kept']) {
        await other.run(['repo', 'backup', other.path('disk.img'), '--source', source]);
      }
      const lost = (await other.run(['repo', 'points', '--json'])).events.find(({ source }) => source === 'lost');
      const id = String(lost?.id);
      await truncate(other.path(`repo/points/${id}`), 10);
      const stopped = await other.run(['repo', 'prune', '--keep-last', '1']);
      expect(stopped).toMatchObject({ code: 5, error: expect.stringContaining(`--delete ${id}`) as string });
      const given = await other.run(['repo', 'prune', '--delete', id, '--json']);
      expect(given.events.at(-1)).toMatchObject({ type: 'pruned', points: { deleted: [id] } });
      expect(await other.run(['repo', 'prune', '--keep-last', '1'])).toMatchObject({ code: 0 });
    } finally {
      await other.remove();
    }
  });
});
