import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StrongroomError } from '../../../model/errors.ts';
import { DedupIndex } from '../../../repository/dedup/dedupIndex.ts';
import { PackListing } from '../../../repository/dedup/packListing.ts';
import { writeIndexObject } from '../../../repository/format/indexObject.ts';
import type { IndexedPack } from '../../../repository/format/indexObject.ts';
import { badName, indexName, packName } from '../../../repository/format/layout.ts';
import type { Ref } from '../../../repository/format/pack.ts';
import { deriveSecrets } from '../../../repository/format/secrets.ts';
import { memoryStore } from '../../../repository/index.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { noise, objectNames, seededRandom } from '../fixtures.ts';
import { identityOf, listedPack, placesOf } from './model.ts';

const secrets = deriveSecrets(noise(32, 'master'), '00112233-4455-4677-8899-aabbccddeeff');
const ALL = 1e12;
const packId = (n: number): string => noise(16, `pack ${n}`).toString('hex');
const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

/** Stores packs (as so many bytes) and one index object that lists them. */
async function list(store: ObjectStore, index: number, packs: readonly IndexedPack[]): Promise<string> {
  for (const { pack, size } of packs) await store.put(packName('data', pack), [Buffer.alloc(size)]);
  const id = noise(16, `index ${index}`).toString('hex');
  await store.put(indexName(id), [writeIndexObject(secrets, id, packs, noise(32, `salt ${index}`))]);
  return indexName(id);
}

/** A store that counts what is asked of it. */
function counting(store: ObjectStore) {
  const gets: string[] = [];
  return { gets, store: { ...store, get: (...args) => (gets.push(args[0]), store.get(...args)) } as ObjectStore };
}

describe('the index of known blocks', () => {
  test('answers as a map of everything that is listed or added would, whatever its bounds', async () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('find' as const), blocks: fc.array(fc.nat(399), { maxLength: 30 }) }),
      fc.record({ kind: fc.constant('add' as const), blocks: fc.array(fc.nat(399), { minLength: 1, maxLength: 30 }) }),
      fc.record({ kind: fc.constant('list' as const) }),
    );
    const run = fc.asyncProperty(
      fc.array(fc.array(fc.nat(399), { maxLength: 40 }), { maxLength: 12 }),
      fc.array(operation, { maxLength: 20 }),
      fc.constantFrom(1, 5000, ALL),
      async (stored, operations, detailsBytes) => {
        const store = memoryStore();
        const model = new Map<string, Ref[]>();
        const know = (pack: IndexedPack) => {
          for (const [identity, ref] of placesOf(pack)) model.set(identity, [...(model.get(identity) ?? []), ref]);
        };
        for (const [n, blocks] of stored.entries()) {
          const pack = listedPack(packId(n), 100 + n, blocks);
          know(pack);
          await list(store, n, [pack]);
        }
        const index = new DedupIndex(store, secrets, { detailsBytes });
        index.expect(ALL);
        const random = seededRandom('listing');
        const listing = new PackListing({ store, secrets, random }, (id, packs) => index.listed(id, packs));
        for (const [n, step] of operations.entries()) {
          if (step.kind === 'list') await listing.flush();
          else if (step.kind === 'add') {
            const pack = listedPack(packId(1000 + n), 100 + n, [...new Set(step.blocks)]);
            know(pack);
            for (const [identity, ref] of placesOf(pack)) index.add(Buffer.from(identity, 'hex'), ref);
            await listing.add(pack);
          } else {
            const identities = step.blocks.map(identityOf);
            const found = await index.find(identities);
            for (const [i, identity] of identities.entries()) {
              const known = model.get(identity.toString('hex'));
              if (known) expect(known).toContainEqual(found[i]);
              else expect(found[i]).toBeUndefined();
            }
          }
        }
      },
    );
    await fc.assert(run, { numRuns: 60 });
  });

  test('beyond its bound it is sparse: never a wrong place, and runs of known blocks are found but for their beginning', async () => {
    const store = memoryStore();
    const model = new Map<string, Ref>();
    for (let n = 0; n < 40; n++) {
      const pack = listedPack(packId(n), 100, range(n * 500, 500));
      for (const [identity, ref] of placesOf(pack)) model.set(identity, ref);
      await list(store, n, [pack]);
    }
    const index = new DedupIndex(store, secrets, { tableBytes: 48 * 1024, detailsBytes: 200_000 });
    index.expect(ALL);
    let found = 0;
    for (let first = 0; first < 20_000; first += 16) {
      const refs = await index.find(range(first, 16).map(identityOf));
      for (const [i, ref] of refs.entries()) {
        if (ref) expect(ref).toEqual(model.get(identityOf(first + i).toString('hex')));
        if (ref) found++;
      }
    }
    expect(index.memory.sparsity).toBe(8);
    expect(index.memory.table).toBeLessThanOrEqual(48 * 1024);
    expect(index.memory.details).toBeLessThan(250_000);
    expect(found).toBeGreaterThan(0.98 * 20_000);
    expect(await index.find(range(20_000, 100).map(identityOf))).toEqual(new Array(100).fill(undefined));
  });

  test('an identity that differs only where the table does not look is another block', async () => {
    const store = memoryStore();
    await list(store, 1, [listedPack(packId(1), 10, [1])]);
    const index = new DedupIndex(store, secrets);
    index.expect(ALL);
    const other = Buffer.from(identityOf(1));
    other.writeUInt8(other.readUInt8(15) ^ 1, 15);
    expect(await index.find([identityOf(1), other])).toEqual([expect.objectContaining({ pack: packId(1) }), undefined]);
  });

  test('is not loaded before a block is looked for, nor when it is larger than what is read', async () => {
    const { store, gets } = counting(memoryStore());
    for (let n = 0; n < 5; n++) await list(store, n, [listedPack(packId(n), 10, range(n * 100, 100))]);
    const index = new DedupIndex(store, secrets);
    index.expect(1000);
    const ref = { pack: packId(9), offset: 32, length: 20, identity: identityOf(9000).toString('hex') };
    index.add(identityOf(9000), ref);
    expect(await index.find([identityOf(0), identityOf(9000)])).toEqual([undefined, ref]);
    expect(gets).toEqual([]);
    index.expect(100_000);
    expect(gets).toEqual([]);
    expect(await index.find([identityOf(0)])).toEqual([expect.objectContaining({ pack: packId(0) })]);
    expect(gets.length).toBe(6);
  });

  test('packs that are missing, of another size or marked bad are left out', async () => {
    const store = memoryStore();
    const packs = range(0, 4).map((n) => listedPack(packId(n), 10, [n]));
    await list(store, 1, packs);
    await store.delete(packName('data', packId(0)));
    await store.put(packName('data', packId(1)), [Buffer.alloc(11)]);
    await store.put(badName('data', packId(2)), [Buffer.from('bad')]);
    const index = new DedupIndex(store, secrets);
    index.expect(ALL);
    const found = await index.find(range(0, 4).map(identityOf));
    expect(found.map((ref) => ref?.pack)).toEqual([undefined, undefined, undefined, packId(3)]);
  });

  test('an index object that is damaged, or goes while the index is used, costs deduplication only', async () => {
    const store = memoryStore();
    const damaged = await list(store, 1, [listedPack(packId(1), 10, [1])]);
    const going = await list(store, 2, [listedPack(packId(2), 10, [2])]);
    await list(store, 3, [listedPack(packId(3), 10, [3])]);
    await store.put(damaged, [(await store.get(damaged)).data.subarray(1)]);
    const warnings: StrongroomError[] = [];
    const index = new DedupIndex(store, secrets, { onWarning: (warning) => warnings.push(warning) });
    index.expect(ALL);
    expect((await index.find([identityOf(3)]))[0]?.pack).toBe(packId(3));
    expect(warnings).toMatchObject([{ code: 'REPOSITORY_DAMAGED', details: { object: damaged } }]);
    await store.delete(going);
    expect((await index.find([1, 2, 3].map(identityOf))).map((ref) => ref?.pack)).toEqual([
      undefined,
      undefined,
      packId(3),
    ]);
  });

  test('a store that fails while the index loads fails the look-up; the next one tries again', async () => {
    const inner = memoryStore();
    for (let n = 0; n < 20; n++) await list(inner, n, [listedPack(packId(n), 10, [n])]);
    let calls = 0;
    const get: ObjectStore['get'] = async (...args) => {
      if (++calls === 12) throw new StrongroomError('AZURE_UNAVAILABLE', 'The store is away.');
      return inner.get(...args);
    };
    const index = new DedupIndex({ ...inner, get }, secrets);
    index.expect(ALL);
    await expect(index.find([identityOf(1)])).rejects.toMatchObject({ code: 'AZURE_UNAVAILABLE' });
    const found = await index.find(range(0, 20).map(identityOf));
    expect(found.map((ref) => ref?.pack)).toEqual(range(0, 20).map(packId));
  });

  test('what a writer listed is held in detail only within the bound, and read back when asked for', async () => {
    const { store, gets } = counting(memoryStore());
    const index = new DedupIndex(store, secrets, { detailsBytes: 20_000 });
    index.expect(ALL);
    const listing = new PackListing({ store, secrets, random: seededRandom('own') }, (id, packs) =>
      index.listed(id, packs),
    );
    for (let n = 0; n < 100; n++) {
      const pack = listedPack(packId(n), 10, range(n * 50, 50));
      for (const [identity, ref] of placesOf(pack)) index.add(Buffer.from(identity, 'hex'), ref);
      await listing.add(pack);
    }
    await listing.flush();
    expect((await objectNames(store, 'index/')).length).toBe(4);
    expect(index.memory.details).toBeLessThan(100_000);
    const found = await index.find(range(0, 5000).map(identityOf));
    expect(found.filter((ref, n) => ref?.pack === packId(Math.floor(n / 50))).length).toBe(5000);
    expect(gets.length).toBeGreaterThan(2);
  });
});
