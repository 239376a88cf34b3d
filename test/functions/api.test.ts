import type { HttpRequest, InvocationContext } from '@azure/functions';
import { expect, test } from 'vitest';
import { guarded } from '../../functions/triggers/problems.ts';
import { StrongroomError } from '../../model/errors.ts';

const logged: string[] = [];
const context = { functionName: 'f', error: (text: string) => logged.push(text) } as unknown as InvocationContext;
const request = (headers: Record<string, string>) => ({ headers: new Headers(headers) }) as unknown as HttpRequest;
const signedIn = request({ 'x-ms-client-principal': 'e30=' });
const fail = (error: Error) => guarded(() => Promise.reject(error))(signedIn, context);

test('without the principal that App Service authentication sets there is no answer but 401', async () => {
  const answer = await guarded(() => Promise.resolve({ status: 200 }))(request({}), context);
  expect(answer).toMatchObject({ status: 401, headers: { 'content-type': 'application/problem+json' } });
});

test('errors are problem documents; a conflict names the session', async () => {
  const busy = await fail(new StrongroomError('RESOURCE_BUSY', 'busy', { details: { session: 's1' } }));
  expect(busy.status).toBe(409);
  expect(JSON.parse(String(busy.body))).toMatchObject({
    status: 409,
    code: 'RESOURCE_BUSY',
    detail: 'busy',
    session: 's1',
  });
  expect((await fail(new StrongroomError('INVALID_INPUT', 'x'))).status).toBe(400);
  expect(await fail(new StrongroomError('AZURE_UNAVAILABLE', 'x'))).toMatchObject({
    status: 503,
    headers: { 'retry-after': '30' },
  });
});

test('what nobody foresaw is 500 and logged', async () => {
  expect((await fail(new TypeError('oops'))).status).toBe(500);
  expect(logged).toEqual(['f failed: INTERNAL: oops']);
});
