import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderStore, memoryStore, openRepository } from '../../repository/index.ts';
import type { Unlock } from '../../repository/index.ts';
import { readRecoveryKey } from '../../repository/keys/recoveryKey.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { objectNames } from '../repository/fixtures.ts';
import { readByTheDocument } from '../repository/formatReader.ts';
import { GOLDEN, PASSPHRASE } from './golden.ts';
import type { Golden } from './golden.ts';

const known = (name: string): Golden => JSON.parse(readFileSync(join(GOLDEN, `${name}.json`), 'utf8')) as Golden;
const withRecovery = (name: string): Unlock => ({ kind: 'recovery', key: known(name).recoveryKey });
const [EARLY, LATE] = ['20261122T080000Z-00000002', '20261123T080000Z-00000003'] as const;

/** A copy in memory, to write to. */
async function copyOf(name: string): Promise<ObjectStore> {
  const [folder, copy] = [folderStore(join(GOLDEN, name)), memoryStore()];
  for (const object of await objectNames(folder)) await copy.put(object, [(await folder.get(object)).data]);
  return copy;
}

/** By point: size and SHA-256 of its disks, or code and message of the error that reading it gives. */
async function read(name: string, how = withRecovery(name)): Promise<Record<string, unknown>> {
  const repository = await openRepository(folderStore(join(GOLDEN, name)), how);
  const found: Record<string, unknown> = {};
  for (const id of await repository.pointIds()) {
    const disks = async () =>
      Promise.all(
        (await repository.point(id)).disks.map(async ({ image }) => {
          const reader = repository.image(image);
          const bytes = await reader.read(0, reader.size);
          return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
        }),
      );
    found[id] = await disks().catch(({ code, message }: { code: string; message: string }) => ({ code, message }));
  }
  return found;
}

const damaged = (message: RegExp) => ({
  code: 'REPOSITORY_DAMAGED',
  message: expect.stringMatching(message) as string,
});
const unknown = (message: RegExp) => ({
  code: 'REPOSITORY_UNKNOWN',
  message: expect.stringMatching(message) as string,
});

describe('golden repositories of version 1', () => {
  test.each(['ordinary', 'repacked'])(
    '%s: every point reads as it was, and verification finds no fault',
    async (name) => {
      expect(await read(name)).toEqual(known(name).points);
      const repository = await openRepository(await copyOf(name), withRecovery(name));
      const { problems, warnings } = await repository.verify({ readData: { kind: 'all' } });
      expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    },
  );

  test('ordinary opens with its passphrase too, and gives what a point says', async () => {
    const how = { kind: 'passphrase', passphrase: PASSPHRASE } as const;
    expect(await read('ordinary', how)).toEqual(known('ordinary').points);
    const repository = await openRepository(folderStore(join(GOLDEN, 'ordinary')), withRecovery('ordinary'));
    const points = await repository.points();
    expect(points.map(({ source }) => source.kind)).toEqual(['vm', 'vm', 'image', 'image']);
    expect(points[1]?.disks[0]?.read).toEqual({ mode: 'incremental', basePoint: EARLY });
  });

  test('ordinary is read by a second reader, written from the document', async () => {
    const { recoveryKey, points } = known('ordinary');
    const folder = folderStore(join(GOLDEN, 'ordinary'));
    const get = async (name: string) => (await folder.get(name)).data;
    const { disks } = await readByTheDocument(get, readRecoveryKey(recoveryKey), LATE);
    const found = disks.map((disk) => ({ size: disk.length, sha256: createHash('sha256').update(disk).digest('hex') }));
    expect(found).toEqual(points[LATE]);
  });

  test('repacked reads through forwards', async () => {
    const names = await objectNames(folderStore(join(GOLDEN, 'repacked')), 'moved/');
    expect(new Set(names.map((name) => name.slice(0, 10)))).toEqual(new Set(['moved/data', 'moved/maps']));
  });

  test('a new backup finds what an old one stored', async () => {
    const store = await copyOf('ordinary');
    const repository = await openRepository(store, withRecovery('ordinary'));
    const image = (await repository.point(LATE)).disks[0]?.image;
    const reader = image && repository.image(image);
    const bytes = (await reader?.read(0, reader.size)) ?? Buffer.alloc(0);
    const writer = await repository.writer();
    const { stats } = await writer.writeImage({
      size: bytes.length,
      extents: [{ offset: 0, length: bytes.length }],
      read: async (offset, into) => void into.set(bytes.subarray(offset, offset + into.length)),
    });
    await writer.close();
    expect(stats.blocksNew).toBe(0);
    expect(stats.blocksZero).toBeGreaterThan(20);
  });

  test('bad-mark: what a later backup stored anew heals the earlier point', async () => {
    expect(await read('bad-mark')).toEqual(known('bad-mark').points);
  });

  test.each([
    ['flipped-block', damaged(/data\/[0-9a-f]{32} fails authentication at offset 32/)],
    ['truncated-map', damaged(/maps\/[0-9a-f]{32} is truncated/)],
    ['missing-pack', damaged(/data\/[0-9a-f]{32} is missing/)],
    [
      'newer-object',
      unknown(/points\/20261122T080000Z-00000002 has version 2; this release knows up to 1. Use a newer release/),
    ],
    [
      'newer-point',
      unknown(/points\/20261122T080000Z-00000002 has version 2; this release knows up to 1. Use a newer release/),
    ],
  ])('%s: the point that needs it is refused, and says why', async (name, error) => {
    const found = await read(name);
    expect(Object.values(found)).toContainEqual(error);
    expect(found[EARLY]).toEqual(error);
    for (const [id, disks] of Object.entries(found)) {
      if (Array.isArray(disks)) expect(disks).toEqual(known(name).points[id]);
      else expect(disks).toEqual(error);
    }
  });

  test.each(['flipped-foot', 'damaged-index', 'newer-pack'])(
    '%s: reading does not need what is wrong',
    async (name) => {
      expect(await read(name)).toEqual(known(name).points);
      const repository = await openRepository(await copyOf(name), withRecovery(name));
      const { problems, warnings } = await repository.verify({ readData: { kind: 'all' } });
      expect(problems.length + warnings.length).toBeGreaterThan(0);
    },
  );

  test('newer-repository: nothing of it is looked at', async () => {
    const opening = openRepository(folderStore(join(GOLDEN, 'newer-repository')), withRecovery('newer-repository'));
    await expect(opening).rejects.toMatchObject(
      unknown(/has format version 2; this release knows up to 1. Use a newer release/),
    );
  });
});
