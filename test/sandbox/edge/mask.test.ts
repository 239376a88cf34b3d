import { describe, expect, it } from 'vitest';
import { maskBody, maskUrl } from '../../../sandbox/edge/mask.ts';

describe('the record of ARM traffic holds no secret', () => {
  const cases: [string, unknown, unknown][] = [
    [
      'export SAS',
      { accessSAS: 'https://md-1.z1.blob.storage.azure.net/a/abcd?sv=1&sig=x' },
      { accessSAS: 'https://md-1.z1.blob.storage.azure.net/a/abcd?***' },
    ],
    ['guest state SAS', { securityDataAccessSAS: 'https://h/p?sig=x' }, { securityDataAccessSAS: 'https://h/p?***' }],
    [
      'protected parameters',
      { protectedParameters: [{ name: 'A', value: 'x' }], parameters: [{ name: 'B', value: 'y' }] },
      { protectedParameters: [{ name: 'A', value: '***' }], parameters: [{ name: 'B', value: 'y' }] },
    ],
    [
      'account keys',
      { keys: [{ keyName: 'key1', value: 'x', permissions: 'FULL' }] },
      { keys: [{ keyName: 'key1', value: '***', permissions: 'FULL' }] },
    ],
    [
      'host keys',
      { masterKey: 'x', functionKeys: { default: 'x' }, systemKeys: { durabletask_extension: 'x' } },
      { masterKey: '***', functionKeys: { default: '***' }, systemKeys: { durabletask_extension: '***' } },
    ],
    [
      'machine secrets',
      { osProfile: { adminPassword: 'x', customData: 'eA==', adminUsername: 'u' } },
      { osProfile: { adminPassword: '***', customData: '***', adminUsername: 'u' } },
    ],
    [
      'a connection string in a setting',
      { value: 'AccountName=a;AccountKey=abc==;EndpointSuffix=s' },
      { value: 'AccountName=a;AccountKey=***;EndpointSuffix=s' },
    ],
    [
      'a SAS inside a script',
      { script: 'curl "https://a/b?se=1&sig=abc%3D" -o f' },
      { script: 'curl "https://a/b?se=1&sig=***" -o f' },
    ],
    [
      'nothing secret',
      { a: [1, null, true, 'x'], signature: 'kept', keys: ['a'] },
      { a: [1, null, true, 'x'], signature: 'kept', keys: ['a'] },
    ],
  ];
  it.each(cases)('%s', (_name, body, masked) => expect(maskBody(body)).toEqual(masked));

  it('URLs', () => expect(maskUrl('https://h/p?code=abc&x=1&sig=q')).toBe('https://h/p?code=***&x=1&sig=***'));
});
