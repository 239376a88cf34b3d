import { describe, expect, test } from 'vitest';
import { BlockTable } from '../../../repository/dedup/blockTable.ts';
import { noise } from '../fixtures.ts';

const MiB = 1024 * 1024;

/** Identities of blocks, all different. */
function identities(count: number, seed: string): Buffer[] {
  const bytes = noise(count * 16, seed);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * 16, (i + 1) * 16));
}

describe('the table of known blocks', () => {
  test('finds every block that it was given, in at most 12 bytes a block', () => {
    const table = new BlockTable(96 * MiB);
    const known = identities(200_000, 'known');
    known.forEach((identity, i) => table.add(identity, i % 1000));
    expect(known.filter((identity, i) => !table.candidates(identity).includes(i % 1000))).toEqual([]);
    expect(table.sparsity).toBe(1);
    expect(table.bytes / known.length).toBeLessThan(12);
    expect(identities(200_000, 'others').filter((other) => table.candidates(other).length > 0).length).toBeLessThan(5);
  });

  test('with room made before, it finds as much in as little memory; beyond its limit it makes none', () => {
    const table = new BlockTable(2 * MiB);
    const empty = table.bytes;
    table.reserve(1_000_000);
    expect(table.bytes).toBe(empty);
    table.reserve(150_000);
    const { bytes } = table;
    expect(bytes / 150_000).toBeLessThan(12);
    const known = identities(150_000, 'known');
    known.forEach((identity, i) => table.add(identity, i));
    expect(known.filter((identity, i) => !table.candidates(identity).includes(i))).toEqual([]);
    expect(table.bytes / bytes).toBeLessThan(1.05);
    expect(table.sparsity).toBe(1);
    table.reserve(10);
    expect(table.bytes).toBeGreaterThanOrEqual(bytes);
  });

  test('at its limit it keeps every second, then every fourth block, and no other', () => {
    const table = new BlockTable(MiB / 4);
    const known = identities(100_000, 'known');
    known.forEach((identity, i) => table.add(identity, i));
    expect(table.bytes).toBeLessThanOrEqual(MiB / 4);
    expect(table.sparsity).toBe(8);
    const kept = known.filter((identity) => table.keeps(identity));
    expect(kept.length / known.length).toBeCloseTo(1 / 8, 2);
    expect(known.filter((identity, i) => table.candidates(identity).includes(i))).toEqual(kept);
  });

  test('a block that two objects list is found in both', () => {
    const table = new BlockTable(MiB);
    const [identity = Buffer.alloc(0)] = identities(1, 'one');
    table.add(identity, 3);
    table.add(identity, 7);
    expect(table.candidates(identity)).toEqual([3, 7]);
  });
});
