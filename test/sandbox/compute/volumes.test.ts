import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importImage, inspectImage } from '../../../sandbox/compute/disks/imageFile.ts';
import { vhdFooter } from '../../../sandbox/compute/disks/vhdFooter.ts';
import { createVolumes } from '../../../sandbox/compute/disks/volumes.ts';
import { openState } from '../../../sandbox/core/state.ts';
import type { State } from '../../../sandbox/core/state.ts';
import type { Volumes } from '../../../sandbox/compute/disks/volumes.ts';

const MIB = 1024 * 1024;
let dir: string;
let state: State;
let volumes: Volumes;

const open = () => createVolumes(join(dir, 'layers'), state, { now: () => 1_800_000_000_000 });

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'volumes-'));
  state = openState();
  volumes = open();
});
afterEach(() => {
  volumes.close();
  state.close();
  rmSync(dir, { recursive: true });
});

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write'),
      who: fc.nat(),
      at: fc.nat(9999),
      length: fc.integer({ min: 1, max: 3000 }),
      fill: fc.nat(255),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('clear'),
      who: fc.nat(),
      at: fc.nat(19),
      length: fc.integer({ min: 1, max: 6 }),
      fill: fc.constant(0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('copy'),
      who: fc.nat(),
      at: fc.constant(0),
      length: fc.constant(0),
      fill: fc.constant(0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('delete'),
      who: fc.nat(),
      at: fc.constant(0),
      length: fc.constant(0),
      fill: fc.constant(0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reopen'),
      who: fc.nat(),
      at: fc.constant(0),
      length: fc.constant(0),
      fill: fc.constant(0),
    }),
  },
);

test('disks, snapshots and copies behave like plain buffers, whatever is deleted in whatever order, also after a restart', async () => {
  const SIZE = 20 * 512;
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      run += 1;
      const model = new Map<string, Buffer>([[`r${run}-0`, Buffer.alloc(SIZE)]]);
      volumes.create(`r${run}-0`, SIZE);
      let next = 1;
      for (const s of steps) {
        const keys = [...model.keys()];
        const key = keys[s.who % keys.length]!;
        const plain = model.get(key)!;
        if (s.do === 'write') {
          const bytes = Buffer.alloc(Math.min(s.length, SIZE - s.at), s.fill);
          await volumes.write(key, s.at, bytes);
          bytes.copy(plain, s.at);
        } else if (s.do === 'clear') {
          const length = Math.min(s.length * 512, SIZE - s.at * 512);
          volumes.clear(key, s.at * 512, length);
          plain.fill(0, s.at * 512, s.at * 512 + length);
        } else if (s.do === 'copy') {
          volumes.copy(key, `r${run}-${next}`);
          model.set(`r${run}-${next}`, Buffer.from(plain));
          next += 1;
        } else if (s.do === 'reopen') {
          volumes.close();
          volumes = open();
        } else if (model.size > 1) {
          volumes.delete(key);
          model.delete(key);
        }
      }
      for (const [key, plain] of model) {
        expect((await volumes.read(key, 0, SIZE)).equals(plain)).toBe(true);
        for (const [other, old] of model) {
          const differing = new Set<number>();
          for (const change of volumes.changes(other, key)) {
            for (let at = change.offset; at < change.offset + change.length; at += 512) differing.add(at);
            if (change.clear)
              expect(plain.subarray(change.offset, change.offset + change.length).every((b) => b === 0)).toBe(true);
          }
          for (let at = 0; at < SIZE; at += 512) {
            if (!plain.subarray(at, at + 512).equals(old.subarray(at, at + 512))) expect(differing.has(at)).toBe(true);
          }
        }
      }
      for (const key of model.keys()) volumes.delete(key);
      expect(readdirSync(join(dir, 'layers'))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('sha256 is of the content at the call, holes included, and costs no disk space', async () => {
  volumes.create('d', 64 * MIB);
  await volumes.write('d', 5 * MIB + 3, Buffer.from('hello'));
  const plain = Buffer.alloc(64 * MIB);
  plain.write('hello', 5 * MIB + 3);
  const hashing = volumes.sha256('d');
  await volumes.write('d', 0, Buffer.alloc(512, 7));
  expect(await hashing).toBe(sha(plain));
  expect(await volumes.sha256('d', 6 * MIB)).not.toBe(sha(plain.subarray(0, 6 * MIB)));
  plain.fill(7, 0, 512);
  expect(await volumes.sha256('d', 6 * MIB)).toBe(sha(plain.subarray(0, 6 * MIB)));
  const blocks = readdirSync(join(dir, 'layers')).map((f) => statSync(join(dir, 'layers', f)).blocks * 512);
  expect(Math.max(...blocks)).toBeLessThan(MIB);
});

test('a raw image is padded to whole MiB and its zeros stay holes', async () => {
  const file = join(dir, 'raw.img');
  const content = Buffer.alloc(2 * MIB + 700);
  content.fill(9, 4096, 8192);
  content.fill(8, 2 * MIB + 600);
  writeFileSync(file, content);
  expect(await inspectImage(file)).toEqual({ format: 'raw', contentBytes: 2 * MIB + 700, diskSizeBytes: 3 * MIB });
  volumes.create('d', MIB);
  await importImage(volumes, 'd', file);
  expect(volumes.size('d')).toBe(3 * MIB);
  expect([...volumes.allocated('d')]).toEqual([
    { offset: 4096, length: 4096 },
    { offset: 2 * MIB, length: 1024 },
  ]);
  expect(await volumes.sha256('d', content.length)).toBe(sha(content));
});

test('a fixed VHD loses its footer; dynamic and damaged ones are refused', async () => {
  const file = join(dir, 'disk.vhd');
  const content = Buffer.alloc(MIB, 5);
  const footer = vhdFooter(MIB, Date.UTC(2026, 0, 1), '0f0e0d0c-0b0a-0908-0706-050403020100');
  writeFileSync(file, Buffer.concat([content, footer]));
  expect(await inspectImage(file)).toEqual({ format: 'vhd', contentBytes: MIB, diskSizeBytes: MIB });
  volumes.create('d', MIB);
  await importImage(volumes, 'd', file);
  expect(await volumes.sha256('d')).toBe(sha(content));

  const damaged = Buffer.from(footer);
  damaged[100] = 1;
  writeFileSync(file, Buffer.concat([content, damaged]));
  await expect(inspectImage(file)).rejects.toThrow('damaged VHD footer');
  truncateSync(file, 0);
  await expect(inspectImage(file)).rejects.toThrow('empty');
});
