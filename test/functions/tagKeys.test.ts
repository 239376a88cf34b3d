import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTagKeyTable } from '../../azure/tables/tagKeys.ts';
import { createTagKeys } from '../../functions/tagKeys.ts';
import { StrongroomError } from '../../model/errors.ts';
import { memoryTable } from './memoryTable.ts';

/** A vault that masks; versions in `refused` open no more. */
function vault(refused: string[] = [], version = 'v1') {
  const masked = (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => byte ^ 0x5a));
  return {
    keyId: 'https://vault.vault.azure.net/keys/messages',
    wrap: async (key: Uint8Array) => ({ wrapped: masked(key), keyVersion: version }),
    unwrap: async (wrapped: Uint8Array, keyVersion: string) => {
      if (refused.includes(keyVersion)) throw new StrongroomError('KEY_REFUSED', 'gone');
      return masked(wrapped);
    },
  };
}
let clock = 0;
const world = { random: randomBytes, now: () => new Date(clock++).toISOString() };

test('the key of snapshot tags is made once, kept wrapped, and found again by another host', async () => {
  const written: string[] = [];
  const table = createTagKeyTable(memoryTable(written));
  const keys = createTagKeys(table, vault(), world);
  expect(await keys.all()).toEqual(new Map());
  const [one, two] = await Promise.all([keys.newest(), keys.newest()]);
  expect(one).toEqual(two);
  expect(one.key).toHaveLength(32);
  expect(written).toHaveLength(1);
  const clear = Buffer.from(one.key);
  for (const form of ['base64', 'base64url', 'hex'] as const) expect(written[0]).not.toContain(clear.toString(form));
  const other = createTagKeys(table, vault(), world);
  expect(await other.newest()).toEqual(one);
  expect(await other.all()).toEqual(new Map([[one.id, one.key]]));
});

test('keys rotate: the newest seals, all open; one that the vault refuses makes its tags foreign and no more', async () => {
  const table = createTagKeyTable(memoryTable());
  const first = await createTagKeys(table, vault(), world).newest();
  const sealedKey = `v2.${Buffer.from(new Uint8Array(32).map((byte) => byte ^ 0x5a)).toString('base64url')}`;
  await table.add({ id: 'second', sealedKey, made: world.now() });
  const keys = createTagKeys(table, vault(), world);
  expect((await keys.newest()).id).toBe('second');
  expect([...(await keys.all()).keys()].sort()).toEqual([first.id, 'second'].sort());
  expect([...(await createTagKeys(table, vault(['v1']), world).all()).keys()]).toEqual(['second']);
});

test('when the vault opens the newest key no more, another one is made; when it refuses that too, it is said', async () => {
  const table = createTagKeyTable(memoryTable());
  const lost = await createTagKeys(table, vault(), world).newest();
  const keys = createTagKeys(table, vault(['v1'], 'v2'), world);
  const fresh = await keys.newest();
  expect(fresh.id).not.toBe(lost.id);
  expect(await keys.newest()).toEqual(fresh);
  expect([...(await keys.all()).keys()]).toEqual([fresh.id]);
  const refusing = {
    ...vault(['v1', 'v2']),
    wrap: () => Promise.reject(new StrongroomError('KEY_REFUSED', 'no role')),
  };
  await expect(createTagKeys(table, refusing, world).newest()).rejects.toMatchObject({ code: 'KEY_REFUSED' });
});

test.each(['ForbiddenByConnection', 'ForbiddenByRbac'])(
  'a vault that lets nobody in (%s) has lost no key: no snapshot becomes foreign, and no key is made',
  async (code) => {
    const table = createTagKeyTable(memoryTable());
    await createTagKeys(table, vault(), world).newest();
    const shut = {
      ...vault(),
      unwrap: () => Promise.reject(new StrongroomError('KEY_REFUSED', 'no', { details: { status: '403', code } })),
    };
    const keys = createTagKeys(table, shut, world);
    await expect(keys.all()).rejects.toMatchObject({ code: 'KEY_REFUSED' });
    await expect(keys.newest()).rejects.toMatchObject({ code: 'KEY_REFUSED' });
    expect(await table.list()).toHaveLength(1);
  },
);
