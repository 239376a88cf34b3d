import { describe, expect, test } from 'vitest';
import { createFaults, type RequestFault } from '../../../sandbox/core/faults.ts';

const request = { caller: 'vm:1', host: 'a.blob.core.windows.net', method: 'PUT', path: '/C/blob?comp=page' };

describe('which requests a fault meets', () => {
  const meets = (fault: RequestFault) => {
    const faults = createFaults();
    faults.add(fault);
    return faults.take(request) !== undefined;
  };

  test.each<[RequestFault, boolean]>([
    [{}, true],
    [{ caller: 'vm:1', host: request.host, method: 'put', path: '/c/BLOB' }, true],
    [{ caller: 'vm:*', host: '*.blob.core.windows.net', path: '/c/*' }, true],
    [{ caller: 'vm' }, false],
    [{ host: 'aXblob.core.windows.net' }, false],
    [{ host: 'blob.core.windows.net' }, false],
    [{ method: 'GET' }, false],
    [{ path: '*?comp=page' }, true],
    [{ path: '/c/blob?' }, false],
    [{ path: /comp=page$/ }, true],
  ])('%j: %s', (fault, expected) => expect(meets(fault)).toBe(expected));
});

describe('which occurrences it hits', () => {
  const hits = (fault: RequestFault, count = 12) => {
    const faults = createFaults();
    faults.add(fault);
    return Array.from({ length: count }, () => (faults.take(request) ? 'x' : '.')).join('');
  };

  test('the first; so many after so many; every n-th', () => {
    expect(hits({})).toBe('x...........');
    expect(hits({ after: 2, times: 3 })).toBe('..xxx.......');
    expect(hits({ every: 4 })).toBe('...x...x...x');
    expect(hits({ every: 3, after: 1, times: 2 })).toBe('...x..x.....');
    expect(hits({ times: Infinity }, 4)).toBe('xxxx');
    expect(hits({ every: 1, after: 1 }, 4)).toBe('.xxx');
  });

  test('some, by chance: the same ones for the same seed', () => {
    const drawn = hits({ probability: 0.3, seed: 7 }, 2000);
    expect(hits({ probability: 0.3, seed: 7 }, 2000)).toBe(drawn);
    expect(hits({ probability: 0.3, seed: 8 }, 2000)).not.toBe(drawn);
    expect(drawn.replaceAll('.', '').length / 2000).toBeCloseTo(0.3, 1);
    expect(hits({ probability: 0 })).toBe('............');
  });

  test('one fault at most hits a request; removed ones hit none', () => {
    const faults = createFaults();
    const first = faults.add({ times: 2 });
    const second = faults.add({ times: 2 });
    faults.take(request);
    first.remove();
    faults.take(request);
    expect([first.hits, second.hits]).toEqual([1, 1]);
    faults.clear();
    expect([faults.take(request), faults.list()]).toEqual([undefined, []]);
  });
});

describe('points inside services', () => {
  test('a fault strikes at its point when the facts fit, and no request meets it', async () => {
    const killed: string[] = [];
    const faults = createFaults((caller) => Promise.resolve(void killed.push(caller)));
    const error = { code: 'ZonalAllocationFailed', message: 'full' };
    faults.add({ point: 'compute.allocate', where: { size: 'standard_d*' }, error, kill: 'vm:1' });
    expect(faults.take(request)).toBeUndefined();
    expect(faults.strike('runCommand.report', { size: 'Standard_D2s_v5' })).toBeUndefined();
    expect(faults.strike('compute.allocate')).toBeUndefined();
    expect(faults.strike('compute.allocate', { size: 'Standard_B1s' })).toBeUndefined();
    expect(faults.strike('compute.allocate', { size: 'Standard_D2s_v5' })).toMatchObject({ error });
    expect(faults.strike('compute.allocate', { size: 'Standard_D2s_v5' })).toBeUndefined();
    expect(killed).toEqual(['vm:1']);
    await expect(createFaults().kill('vm:1')).rejects.toThrow('no process of vm:1');
  });
});
