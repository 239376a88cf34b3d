import { expect, test } from 'vitest';
import { BlockPlaces } from '../../../repository/dedup/blockPlaces.ts';
import { noise } from '../fixtures.ts';
import { identityOf, listedPack, placesOf } from './model.ts';

const [one, two] = ['aa'.repeat(16), 'bb'.repeat(16)] as const;

test('places of many blocks: each at its first place, those of some packs left out on demand', () => {
  const first = listedPack(
    one,
    0,
    Array.from({ length: 20_000 }, (_, n) => n),
  );
  const second = listedPack(two, 0, [19_999, 20_000, 20_001]);
  const places = new BlockPlaces();
  places.addPack(first);
  places.addPack(second);
  expect(places.count).toBe(20_002);
  for (const [identity, ref] of placesOf(first)) {
    const found = places.get(Buffer.from(identity, 'hex'));
    if (found?.pack !== one || found.offset !== ref.offset || found.length !== ref.length) throw new Error(identity);
  }
  expect(places.get(identityOf(20_001))).toEqual(placesOf(second).get(identityOf(20_001).toString('hex')));
  expect(places.get(noise(16, 'unknown'))).toBeUndefined();
  expect(places.bytes / places.count).toBeLessThan(64);

  const rest = places.without(new Set([one]));
  expect(rest.count).toBe(2);
  expect(rest.get(identityOf(19_999))).toBeUndefined();
  expect(rest.get(identityOf(20_000))?.pack).toBe(two);
});
