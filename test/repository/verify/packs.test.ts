import { expect, test } from 'vitest';
import { memoryStore } from '../../../repository/index.ts';
import { checkPacks } from '../../../repository/verify/packs.ts';

test('a pack that cannot be read gives its memory back when all its pieces have ended, not before', async () => {
  const failure = new Error('the line is down');
  const last = Promise.withResolvers<void>();
  const store = memoryStore();
  const get: typeof store.get = async (_, range) => {
    if (range?.offset === 0) throw failure;
    await last.promise;
    return { data: Buffer.alloc(1), info: { name: '', size: 1, etag: '', modified: '' } };
  };
  const packs = [{ kind: 'data' as const, pack: '00', size: 5 * 1024 * 1024, stored: 0 }];
  let ended = false;
  const checked = checkPacks({ ...store, get }, packs, undefined, undefined)
    .next()
    .finally(() => (ended = true));
  const outcome = expect(checked).rejects.toBe(failure);
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);
  last.resolve();
  await outcome;
});
