import { describe, expect, test } from 'vitest';
import { backupRequestSchema, parseBody, restoreRequestSchema, restoreTarget } from '../../model/api.ts';

const guid = '11111111-1111-1111-1111-111111111111';
const example = { resourceId: '…' };

describe('bodies', () => {
  test.each([
    ['no JSON', '{resourceId', 'is not JSON'],
    ['a wrong type', '{"resourceId":7}', 'resourceId'],
    ['an unknown field', '{"resourceId":"x","force":true}', 'force'],
  ])('%s is refused with the way out', (_, text, words) => {
    expect(() => parseBody(text, backupRequestSchema, example)).toThrow(words);
    expect(() => parseBody(text, backupRequestSchema, example)).toThrow('Send a JSON body such as');
  });

  test('a restore names its group by id or by parts, not both', () => {
    const parse = (body: object) => parseBody(JSON.stringify(body), restoreRequestSchema, example);
    const id = `/subscriptions/${guid}/resourceGroups/rg`;
    const parts = { subscriptionId: guid, resourceGroup: 'rg' };
    expect(restoreTarget(parse({ point: 'p', resourceGroupId: id }))).toEqual(parts);
    expect(restoreTarget(parse({ point: 'p', ...parts, namePrefix: 'a-' }))).toEqual({ ...parts, namePrefix: 'a-' });
    expect(() => parse({ point: 'p' })).toThrow('resourceGroupId');
    expect(() => parse({ point: 'p', resourceGroupId: id, ...parts })).toThrow('either');
    expect(() => parse({ point: 'p', ...parts, namePrefix: '../' })).toThrow('namePrefix');
    expect(() => restoreTarget(parse({ point: 'p', resourceGroupId: '/subscriptions/x' }))).toThrow(
      'not a resource group id',
    );
  });
});
