import { expect, it } from 'vitest';
import type { ErrorInfo } from '../../model/errors.ts';
import { retryWait } from '../../model/retry.ts';

const passing: ErrorInfo = { code: 'AZURE_UNAVAILABLE', message: 'no answer', retryable: true };
const waits = (error: ErrorInfo) => {
  const found: number[] = [];
  for (let tries = 1; ; tries++) {
    const wait = retryWait(error, tries);
    if (wait === undefined) return found;
    found.push(wait / 1000);
  }
};

it('tries a passing failure again a few times, what is throttled for minutes, a final one never', () => {
  expect(waits(passing)).toEqual([5, 10, 20]);
  expect(waits({ ...passing, details: { status: '429' } })).toEqual([5, 10, 20, 40, 60, 60, 60, 60, 60]);
  expect(waits({ ...passing, retryable: false, details: { status: '429' } })).toEqual([]);
});
