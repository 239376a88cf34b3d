import { expect, test } from 'vitest';
import { missingOnWire } from '../../../sandbox/pulumi/wire.ts';

const inputs = {
  location: 'x',
  count: 2,
  tags: { a: 'b' },
  subnets: [{ name: 's', prefix: '10.0.0.0/24' }],
  none: null,
};

test('a body that wraps properties at any depth holds all inputs', () => {
  const body = {
    location: 'x',
    tags: { a: 'b' },
    properties: { count: 2, subnets: [{ name: 's', properties: { prefix: '10.0.0.0/24' } }] },
  };
  expect(missingOnWire(inputs, body, {})).toEqual([]);
});

test('what is dropped, altered or shortened is named by its path', () => {
  const body = { location: 'y', properties: { tags: {}, subnets: [{ name: 's' }] } };
  expect(missingOnWire(inputs, body, {})).toEqual(['location', 'count', 'tags.a', 'subnets[0].prefix']);
  expect(missingOnWire({ list: [1, 2] }, { list: [1] }, {})).toEqual(['list[1]']);
});

test('a property that ARM calls otherwise is found under ARM’s name', () => {
  expect(
    missingOnWire({ rules: { action: 'Deny' } }, { properties: { acls: { action: 'Deny' } } }, { rules: 'acls' }),
  ).toEqual([]);
});
