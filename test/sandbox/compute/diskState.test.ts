import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { vhdFooter } from '../../../sandbox/compute/disks/vhdFooter.ts';
import { createVolumes } from '../../../sandbox/compute/disks/volumes.ts';
import { openState } from '../../../sandbox/core/state.ts';
import { stepAt, VOLUME_SIZE } from './volumeSteps.ts';
import type { Step } from './volumeSteps.ts';
import { GROUP, LOCATION, startWorld } from './world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-state-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the writer until it has said so many numbers; kills it and gives the last one said. */
async function killedAfter(seed: number, first: number, count: number): Promise<number> {
  const program = join(import.meta.dirname, 'volumeWriter.ts');
  const writer = spawn(process.execPath, [program, folder, String(seed), String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  writer.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > count) writer.kill('SIGKILL');
  });
  const [, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    writer.on('close', (code, by) => resolve([code, by]));
  });
  expect(signal).toBe('SIGKILL');
  return Number(said.split('\n').at(-2));
}

type Model = Map<string, Buffer>;

function apply(model: Model, step: Step): void {
  const plain = model.get('key' in step ? step.key : step.from);
  if (step.kind === 'delete') model.delete(step.key);
  else if (plain && step.kind === 'write') plain.fill(step.fill, step.offset, step.offset + step.length);
  else if (plain && step.kind === 'clear') plain.fill(0, step.offset, step.offset + step.length);
  else if (plain && step.kind === 'copy') model.set(step.to, Buffer.from(plain));
}

test('after SIGKILL at any moment all content that was acknowledged is there, and nothing else', async () => {
  const seed = 7;
  const model: Model = new Map([['a', Buffer.alloc(VOLUME_SIZE)]]);
  let next = 0;
  for (const count of [1, 150, 400]) {
    const last = await killedAfter(seed, next, count);
    for (; next <= last; next += 1) apply(model, stepAt(seed, next));
    const begun = stepAt(seed, next);
    const state = openState(folder);
    const volumes = createVolumes(join(folder, 'layers'), state, { now: () => 0 });
    for (const key of ['a', 'b', 'c', 'd']) {
      const plain = model.get(key);
      const changing = begun.kind === 'copy' ? begun.to : begun.key;
      if (key === changing && begun.kind !== 'write' && begun.kind !== 'clear') continue;
      expect(volumes.has(key)).toBe(plain !== undefined);
      if (!plain) continue;
      const found = await volumes.read(key, 0, VOLUME_SIZE);
      // What was being written when the process ended may be there in part.
      if (key === changing && 'offset' in begun)
        plain.copy(found, begun.offset, begun.offset, begun.offset + begun.length);
      expect(found.equals(plain)).toBe(true);
    }
    volumes.close();
    state.close();
  }
  expect(next).toBeGreaterThan(500);
});

test('files that no map names are removed at the start, as are contents without a resource', async () => {
  const first = await startWorld(folder);
  await first.sdk.disks.createOrUpdate('rg', 'd', {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB: 1,
  });
  const id = `${GROUP}/providers/Microsoft.Compute/disks/d`;
  await first.compute.disks.write(id, 0, Buffer.from('lost'));
  // As a process does that is killed while it deletes the disk.
  first.arm.world.store.delete(id);
  await first.stop();
  expect(readdirSync(join(folder, 'disks'))).toEqual(['layer-1']);
  const second = await startWorld(folder);
  expect(readdirSync(join(folder, 'disks'))).toEqual([]);
  expect(() => second.compute.disks.size(id)).toThrow('no disk content');
  await second.stop();
});

test('a world that is started again has its disks, snapshots, SAS, revocations and half an upload', async () => {
  const first = await startWorld(folder);
  const GIB = 2 ** 30;
  const disk = `${GROUP}/providers/Microsoft.Compute/disks/data`;
  await first.sdk.disks.createOrUpdate('rg', 'data', {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB: 32_767,
  });
  await first.compute.disks.write(disk, 32_000 * GIB, Buffer.from('kept'));
  for (const name of ['one', 'two']) {
    await first.sdk.snapshots.createOrUpdate('rg', name, {
      location: LOCATION,
      incremental: true,
      creationData: { createOption: 'Copy', sourceResourceId: disk },
    });
  }
  const grant = async (name: string) =>
    (await first.sdk.snapshots.grantAccess('rg', name, { access: 'Read', durationInSeconds: 3600 })).accessSAS!;
  const [one, two] = [await grant('one'), await grant('two')];
  await first.sdk.snapshots.revokeAccess('rg', 'two');
  await first.sdk.disks.createOrUpdate('rg', 'up', {
    location: LOCATION,
    creationData: { createOption: 'Upload', uploadSizeBytes: 32 * 2 ** 20 + 512 },
  });
  const up = await first.sdk.disks.grantAccess('rg', 'up', { access: 'Write', durationInSeconds: 3600 });
  const page = (world: typeof first, offset: number, body: Uint8Array<ArrayBuffer>) =>
    world.fetch(`${up.accessSAS}&comp=page`, {
      method: 'PUT',
      body,
      headers: { 'x-ms-page-write': 'update', 'x-ms-range': `bytes=${offset}-${offset + body.length - 1}` },
    });
  expect((await page(first, 32 * 2 ** 20, new Uint8Array(vhdFooter(32 * 2 ** 20, 0, '')))).status).toBe(201);
  const before = await first.fetch(one, { method: 'HEAD' });
  await first.stop();

  const second = await startWorld(folder);
  const after = await second.fetch(one, { method: 'HEAD' });
  for (const name of ['content-length', 'etag', 'last-modified']) {
    expect(after.headers.get(name)).toBe(before.headers.get(name));
  }
  const range = `bytes=${32_000 * GIB}-${32_000 * GIB + 3}`;
  expect(await (await second.fetch(one, { headers: { range } })).text()).toBe('kept');
  expect((await second.fetch(two, { method: 'HEAD' })).status).toBe(403);
  await second.compute.disks.write(disk, 0, Buffer.alloc(512, 1));
  expect(await (await second.fetch(`${one}&comp=pagelist`)).text()).not.toContain('<Start>0<');

  expect((await page(second, 0, new Uint8Array(512).fill(5))).status).toBe(201);
  await second.sdk.disks.revokeAccess('rg', 'up');
  expect((await second.sdk.disks.get('rg', 'up')).diskState).toBe('Unattached');
  expect((await second.compute.disks.read(`${GROUP}/providers/Microsoft.Compute/disks/up`, 0, 1))[0]).toBe(5);
  await second.stop();
});
