import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  keyIdOf,
  openTags,
  sealOf,
  sealTags,
  type SnapshotMetadata,
  type SnapshotPlace,
} from '../../model/sealedTags.ts';

const bytes = (word: string, length: number) => createHash('sha512').update(word).digest().subarray(0, length);
const key = { id: 'k1', key: bytes('key', 32) };
const keys = new Map([[key.id, key.key]]);
const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/app/providers/Microsoft.Compute';
const place: SnapshotPlace = { snapshotId: `${group}/snapshots/one`, sourceDiskId: `${group}/disks/web-os` };
const metadata: SnapshotMetadata = {
  session: 'backup-20261121t100000z-1a2b3c4d',
  machine: `${group}/virtualMachines/web`,
  disk: 'os',
  uniqueId: 'u-os',
  disks: { os: 'u-os', lun0: 'u-0' },
  time: '2026-11-21T10:00:00.000Z',
};
const sealed = (more: Partial<SnapshotMetadata> = {}, at = place) =>
  sealTags(key, at, { ...metadata, ...more }, bytes('nonce', 12));
const altered = { ok: false, problem: 'altered' };

test('VMP-02 VMP-03 in clear stands which session took it; what it is stands sealed, and opens again', () => {
  const tags = sealed();
  expect(tags).toMatchObject({ 'strongroom-id': metadata.session, 'strongroom-v': '1.k1', 'strongroom-n': '2' });
  const shown = JSON.stringify(tags);
  for (const secret of [metadata.machine, 'virtualMachines', 'u-os', 'lun0']) expect(shown).not.toContain(secret);
  expect(openTags(keys, place, tags)).toEqual({ ok: true, metadata });
  expect(keyIdOf(tags)).toBe('k1');
});

test('VMP-03 the tags of a machine with the most disks that Azure allows fit beside those of a tag policy', () => {
  const guid = (i: number) => `01234567-89ab-cdef-0123-${String(i).padStart(12, '0')}`;
  const names = ['os', ...Array.from({ length: 64 }, (_, i) => `lun${i}`)];
  const disks = Object.fromEntries(names.map((name, i) => [name, guid(i)]));
  const tags = sealed({ disks, machine: `${group}/virtualMachines/${'m'.repeat(64)}` });
  expect(Object.keys(tags).length).toBeLessThanOrEqual(25); // of 50
  for (const [name, value] of Object.entries(tags)) {
    expect(name).toMatch(/^[a-z0-9-]+$/);
    expect(value.length).toBeLessThanOrEqual(256);
  }
  expect(openTags(keys, place, tags)).toMatchObject({ ok: true, metadata: { disks } });
});

test('ids are compared without case, tag names too, and other tags do no harm', () => {
  const shouting = {
    snapshotId: place.snapshotId.toUpperCase(),
    sourceDiskId: place.sourceDiskId.replace('resourceGroups/app', 'RESOURCEGROUPS/APP'),
  };
  const tags = Object.fromEntries(Object.entries(sealed()).map(([name, value]) => [name.toUpperCase(), value]));
  const more = { ...tags, costCenter: '42', 'strongroom-m9': 'beyond', 'strongroom-owner': 'x' };
  expect(openTags(keys, shouting, more)).toEqual({ ok: true, metadata });
});

describe('VMP-05 what is not as it was made is not believed', () => {
  const without = (name: string) => Object.fromEntries(Object.entries(sealed()).filter(([each]) => each !== name));

  test.each(Object.keys(sealed()))('without %s', (name) => {
    expect(openTags(keys, place, without(name))).toEqual(altered);
  });

  test('without any of ours, whatever else there is', () => {
    expect(openTags(keys, place, { costCenter: '42' })).toEqual({ ok: false, problem: 'missing' });
  });

  test('copied onto another snapshot, or one of another disk', () => {
    expect(openTags(keys, { ...place, snapshotId: `${group}/snapshots/two` }, sealed())).toEqual(altered);
    expect(openTags(keys, { ...place, sourceDiskId: `${group}/disks/other` }, sealed())).toEqual(altered);
    const [one, two] = [sealed(), sealed({}, { ...place, snapshotId: `${group}/snapshots/two` })].map(sealOf);
    expect(one).not.toBe(two);
  });

  test('sealed with a key that is not ours', () => {
    expect(openTags(new Map(), place, sealed())).toEqual({ ok: false, problem: 'foreign' });
    expect(openTags(new Map([['k1', bytes('other', 32)]]), place, sealed())).toEqual(altered);
  });

  test('with another session in clear', () => {
    expect(openTags(keys, place, { ...sealed(), 'strongroom-id': 'backup-x' })).toEqual(altered);
    expect(openTags(keys, place, { ...sealed(), 'strongroom-v': '2.k1' })).toEqual(altered);
  });

  test('with any character changed', () => {
    const tags = sealed();
    const places = Object.entries(tags).flatMap(([name, value]) => [...value].map((_, i) => [name, i] as const));
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...'AZaz09-_'), ([name, i], letter) => {
        const value = tags[name]!;
        fc.pre(value[i] !== letter);
        const changed = { ...tags, [name]: value.slice(0, i) + letter + value.slice(i + 1) };
        // The last character of base64url may carry bits that mean nothing: then nothing was changed.
        const same = Buffer.from(sealOf(changed), 'base64url').equals(Buffer.from(sealOf(tags), 'base64url'));
        fc.pre(!(name.startsWith('strongroom-m') && same));
        expect(openTags(keys, place, changed).ok).toBe(false);
      }),
    );
  });
});
