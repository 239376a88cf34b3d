/** Bad input and bad luck, through real parts: what a person is told, and that nothing is lost or half done. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftovers } from '../../demo/leftovers.ts';
import { changeBlocks } from '../../demo/machine.ts';
import { startWorld, type World } from '../../demo/world.ts';
import type { SessionView } from '../../model/session.ts';
import { blobNames, forgeBlob, readBlob, repositoryUrl, writeBlob } from './blobs.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

let world: World;

const backUp = () => world.appliance.run('/api/backups', { resourceId: world.machine.id }, () => {});
const failure = (run: Promise<SessionView>) =>
  run.then(
    () => 'it succeeded',
    (error: Error) => error.message,
  );
const diskId = (key: string) => world.machine.disks.find((disk) => disk.key === key)!.id;
const modes = (session: SessionView) =>
  Object.fromEntries(session.disks.map(({ key, mode }) => [key, mode?.mode === 'full' ? mode.reason : mode?.mode]));
const strayExports = async (session: string) =>
  (await leftovers(world, session)).filter(({ name, ok }) => !ok && !name.startsWith('snapshots of the newest point'));

beforeAll(async () => {
  // Whoever damages what was stored; the product needs no such role.
  const grants = [{ to: 'operator' as const, role: 'Storage Blob Data Contributor' }];
  world = await startWorld({ data: [8 * MiB, 4 * MiB, 4 * MiB], grants });
}, 120_000);
afterAll(() => world?.stop());

describe('bad requests', () => {
  const vm = (name: string) =>
    `/subscriptions/${world.sandbox.subscriptionId}/resourceGroups/shop/providers/Microsoft.Compute/virtualMachines/${name}`;

  it.each<[string, number, RegExp, () => [string, string, unknown?]]>([
    [
      'a malformed resource id',
      400,
      /"web" is not an Azure resource id/,
      () => ['POST', '/api/backups', { resourceId: 'web' }],
    ],
    [
      'an id of another type',
      400,
      /expected a Microsoft.Compute\/virtualMachines/,
      () => ['POST', '/api/backups', { resourceId: diskId('os') }],
    ],
    ['a machine that does not exist', 404, /nobody/, () => ['POST', '/api/backups', { resourceId: vm('nobody') }]],
    ['a body without what is needed', 400, /resourceId/, () => ['POST', '/api/backups', { id: 'web' }]],
    ['an unknown session', 404, /no session "nothing"/, () => ['GET', '/api/sessions/nothing']],
    ['points of nobody', 400, /resourceId/, () => ['GET', '/api/restore-points']],
    [
      'a point that does not exist',
      404,
      /20260101T000000Z-00000000/,
      () => [
        'POST',
        '/api/restores',
        { point: '20260101T000000Z-00000000', resourceGroupId: world.machine.resourceGroupId },
      ],
    ],
  ])('answers %s with %i and says why', async (_what, status, detail, request) => {
    const reply = await world.appliance.call(...request());
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect((reply.body as { detail: string }).detail).toMatch(detail);
  });

  it('answers a body that is no JSON with 400', async () => {
    const reply = await world.sandbox.client.send('POST', `${world.apiUrl}/api/backups`, {
      resource: world.apiAudience,
      headers: { 'content-type': 'text/plain' },
      body: undefined,
    });
    expect(reply.status).toBe(400);
    expect((reply.body as { detail: string }).detail).toMatch(/not JSON/);
  });

  it('answers a caller without a token with 401', async () => {
    const reply = await world.sandbox.client.send('GET', `${world.apiUrl}/api/sessions`);
    expect(reply.status).toBe(401);
  });
});

describe('bad luck', () => {
  it('VMP-12 VMP-25 refuses a worker file whose content was altered, names it, and uploads it anew for the next session', async () => {
    const folder = join(import.meta.dirname, '../../dist/functions/worker');
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
      version: string;
      files: { name: string; md5: string; sha256: string; size: number }[];
    };
    const container = `${world.layout.account.blobUrl}/${world.layout.workerFilesContainer}`;
    for (const file of manifest.files) {
      const content = await readFile(join(folder, file.name));
      if (file.name === 'worker.mjs') content.write('// not what was built', 0);
      // Stored checksums that claim to be right: only the worker itself can tell.
      await forgeBlob(world, `${container}/${manifest.version}/${file.name}`, content, {
        'x-ms-blob-content-md5': Buffer.from(file.md5, 'hex').toString('base64'),
        'x-ms-meta-sha256': file.sha256,
      });
    }
    const message = await failure(backUp());
    expect(message).toMatch(/BINARY_MISMATCH/);
    expect(message).toMatch(/worker\.mjs/);
    const [failed] = ((await world.appliance.call('GET', '/api/sessions')).body as { value: SessionView[] }).value;
    expect(await strayExports(failed!.id)).toEqual([]);
    expect(world.sandbox.world.store.list({ type: 'Microsoft.Compute/snapshots' })).toEqual([]);
    expect(modes(await backUp())).toEqual({ os: 'first backup', lun0: 'first backup', lun1: 'first backup' });
  }, 150_000);

  it('finds out a comparison that leaves out what changed: CBT_MISMATCH, and the point is whole all the same', async () => {
    const { sandbox, machine, appliance } = world;
    // All that the disks hold is overwritten, and of one disk Azure says that nothing has changed.
    for (const [key, stride] of Object.entries({ os: 128, lun0: 256, lun1: 512 })) {
      for (let at = 0; at < sandbox.disks.size(diskId(key)); at += stride * MiB)
        await sandbox.disks.write(diskId(key), at, Buffer.alloc(MiB, `overwritten ${key} ${at} `));
    }
    const lie = sandbox.faults.add({
      host: 'md-*',
      path: '*?*comp=pagelist*',
      times: 1,
      answer: { status: 200, body: '<?xml version="1.0" encoding="utf-8"?><PageList><NextMarker /></PageList>' },
    });
    const session = await backUp();
    expect(lie.hits).toBe(1);
    const mismatched = session.disks.filter(({ mode }) => mode?.mode === 'full' && mode.mismatch !== undefined);
    expect(mismatched).toHaveLength(1);
    const { key } = mismatched[0]!;
    expect(Object.entries(modes(session)).filter(([of, mode]) => of !== key && mode !== 'incremental')).toEqual([]);
    expect(session.warnings).toEqual([expect.stringContaining(`CBT_MISMATCH: disk ${key} had changed at offset`)]);
    const request = {
      point: session.point,
      resourceGroupId: machine.resourceGroupId,
      disks: [key],
      namePrefix: 'lied-',
    };
    const restored = await appliance.run('/api/restores', request, () => {});
    expect(await sandbox.disks.sha256(restored.disks[0]!.target!)).toBe(await sandbox.disks.sha256(diskId(key)));
  }, 150_000);

  it('gives exactly one of two backups asked for at once, and 409 with its session to the other', async () => {
    const [one, other] = await Promise.all([
      world.appliance.call('POST', '/api/backups', { resourceId: world.machine.id }),
      world.appliance.call('POST', '/api/backups', {
        resourceId: world.machine.id.toUpperCase().replace('/SUBSCRIPTIONS/', '/subscriptions/'),
      }),
    ]);
    const [accepted, refused] = one.status === 202 ? [one, other] : [other, one];
    expect([accepted.status, refused.status]).toEqual([202, 409]);
    const { id } = accepted.body as { id: string };
    expect(refused.body).toMatchObject({ code: 'RESOURCE_BUSY', session: id });

    // And the host dies in the middle of it, as at a scale-in: the session goes on where it was.
    await world.app.kill();
    await world.app.restart();
    await world.appliance.ready();
    await expect
      .poll(async () => ((await world.appliance.call('GET', `/api/sessions/${id}`)).body as SessionView).state, {
        timeout: 120_000,
        interval: 250,
      })
      .toBe('completed');
    expect(await strayExports(id)).toEqual([]);
  }, 150_000);

  it('reads a disk in full, and says why, when its base is gone or the disk was resized or replaced', async () => {
    const { sandbox, machine } = world;
    const { store } = sandbox.world;
    await changeBlocks(sandbox, machine, 'before');
    const base = store
      .list({ type: 'Microsoft.Compute/snapshots' })
      .find(
        ({ properties }) =>
          (properties?.creationData as { sourceResourceId: string }).sourceResourceId.toLowerCase() ===
          diskId('os').toLowerCase(),
      )!;
    await sandbox.client.arm('DELETE', `${base.id}?api-version=2025-01-02`);
    await sandbox.client.arm('PATCH', `${diskId('lun1')}?api-version=2025-01-02`, { properties: { diskSizeGB: 3 } });
    const session = await backUp();
    expect(modes(session)).toEqual({ os: 'base snapshot missing', lun0: 'incremental', lun1: 'disk resized' });

    const { properties, location } = store.require(machine.id);
    const profile = properties!.storageProfile as { dataDisks: { lun: number }[] };
    const put = (dataDisks: unknown[]) =>
      sandbox.client.arm('PUT', `${machine.id}?api-version=2025-04-01`, {
        location,
        properties: { ...properties, storageProfile: { ...profile, dataDisks } },
      });
    await put(profile.dataDisks.filter(({ lun }) => lun !== 0));
    await sandbox.client.arm('DELETE', `${diskId('lun0')}?api-version=2025-01-02`);
    await sandbox.client.arm('PUT', `${diskId('lun0')}?api-version=2025-01-02`, {
      location,
      sku: { name: 'Premium_LRS' },
      properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 1 },
    });
    await put([
      ...profile.dataDisks.filter(({ lun }) => lun !== 0),
      { lun: 0, createOption: 'Attach', managedDisk: { id: diskId('lun0') } },
    ]);
    await sandbox.disks.write(diskId('lun0'), GiB / 2, Buffer.alloc(MiB, 'new'));
    const next = await backUp();
    expect(modes(next)).toEqual({ os: 'incremental', lun0: 'disk replaced', lun1: 'incremental' });
    const hash = await sandbox.disks.sha256(diskId('lun0'));
    const restored = await world.appliance.run(
      '/api/restores',
      { point: next.point, resourceGroupId: machine.resourceGroupId, disks: ['lun0'], namePrefix: 'replaced-' },
      () => {},
    );
    expect(await sandbox.disks.sha256(restored.disks[0]!.target!)).toBe(hash);
  }, 150_000);

  it.each(['data/', 'maps/'])(
    'refuses to restore from an altered object below %s, names it, and leaves no disk',
    async (prefix) => {
      const { sandbox, machine } = world;
      const [point] = await world.appliance.points(machine.id);
      const names = (await blobNames(world)).filter((name) => name.startsWith(prefix));
      const originals = new Map<string, Buffer>();
      for (const name of names) {
        const content = await readBlob(world, name);
        originals.set(name, Buffer.from(content));
        content[60] = content[60]! ^ 1; // in the first block or page
        await writeBlob(world, `${repositoryUrl(world)}/${name}`, content);
      }
      const disksBefore = sandbox.world.store.list({ type: 'Microsoft.Compute/disks' }).length;
      const message = await failure(
        world.appliance.run(
          '/api/restores',
          { point: point!.id, resourceGroupId: machine.resourceGroupId, namePrefix: 'damaged-' },
          () => {},
        ),
      );
      expect(message).toMatch(/REPOSITORY_DAMAGED/);
      expect(
        names.some((name) => message.includes(name)),
        message,
      ).toBe(true);
      expect(sandbox.world.store.list({ type: 'Microsoft.Compute/disks' })).toHaveLength(disksBefore);
      for (const [name, content] of originals) await writeBlob(world, `${repositoryUrl(world)}/${name}`, content);
    },
    60_000,
  );
});
