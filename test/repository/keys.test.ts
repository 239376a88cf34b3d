import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { StrongroomError } from '../../model/errors.ts';
import { createRepository, memoryStore, openRepository } from '../../repository/index.ts';
import type { KeyWrapper } from '../../repository/ports.ts';
import { readRecoveryKey, writeRecoveryKey } from '../../repository/keys/recoveryKey.ts';
import { created, noise, objectNames, point, POINT_ID, readBack, smallRepository, write } from './fixtures.ts';

/** A vault whose key can be taken away. */
function vault() {
  const key = randomBytes(32);
  const nonce = Buffer.alloc(12);
  const state = { gone: false };
  const wrapper: KeyWrapper = {
    keyId: 'https://vault.example/keys/k',
    async wrap(plain) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      return { wrapped: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]), keyVersion: 'v1' };
    },
    async unwrap(wrapped, keyVersion) {
      if (state.gone || keyVersion !== 'v1') throw new StrongroomError('KEY_REFUSED', 'The vault has no such key.');
      const decipher = createDecipheriv('aes-256-gcm', key, nonce);
      decipher.setAuthTag(wrapped.subarray(32));
      return Buffer.concat([decipher.update(wrapped.subarray(0, 32)), decipher.final()]);
    },
  };
  return { wrapper, state };
}

const now = () => created;
const refused = { code: 'KEY_REFUSED' };

describe('keys', () => {
  test('the vault opens it; with the vault gone the recovery key restores', async () => {
    const { wrapper, state } = vault();
    const { store, repository, recoveryKey } = await smallRepository({ wrapper });
    const writer = await repository.writer();
    const image = noise(50_176, 'image');
    await writer.commit(point(POINT_ID, (await write(writer, image)).image));
    await writer.close();

    const restore = async (how: Parameters<typeof openRepository>[1]) => {
      const opened = await openRepository(store, how);
      const [found] = await opened.points();
      return readBack(opened.image(found?.disks[0]?.image as never));
    };
    expect((await restore({ kind: 'wrapped', wrapper })).equals(image)).toBe(true);
    state.gone = true;
    await expect(restore({ kind: 'wrapped', wrapper })).rejects.toMatchObject(refused);
    expect((await restore({ kind: 'recovery', key: recoveryKey })).equals(image)).toBe(true);
  });

  test('a passphrase opens it, however its accents are composed; a wrong one is refused', async () => {
    const store = memoryStore();
    const { repository, recoveryKey } = await createRepository(store, {
      passphrase: 'caf\u00e9 au lait',
      recovery: false,
      now,
    });
    expect(recoveryKey).toBeUndefined();
    const opened = await openRepository(store, { kind: 'passphrase', passphrase: 'cafe\u0301 au lait' });
    expect(opened.id).toBe(repository.id);
    await expect(openRepository(store, { kind: 'passphrase', passphrase: 'cafe au lait' })).rejects.toMatchObject(
      refused,
    );
    await expect(openRepository(store, { kind: 'wrapped', wrapper: vault().wrapper })).rejects.toMatchObject(refused);
  });

  test('the recovery key survives handwriting, and tells typing errors from a wrong key', async () => {
    const key = noise(32, 'key');
    const text = writeRecoveryKey(key);
    expect(text).toMatch(/^SR1(-[0-9A-HJKMNP-TV-Z]{7}){8}$/);
    expect(readRecoveryKey(text)).toEqual(key);
    expect(
      readRecoveryKey(` ${text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`),
    ).toEqual(key);
    expect(readRecoveryKey(writeRecoveryKey(Buffer.alloc(32)))).toEqual(Buffer.alloc(32));
    const typo = text.slice(0, -1) + (text.endsWith('7') ? '8' : '7');
    expect(() => readRecoveryKey(typo)).toThrowError(/mistyped/);
    expect(() => readRecoveryKey('hello')).toThrowError(/no recovery key/);
    const { store } = await smallRepository();
    await expect(openRepository(store, { kind: 'recovery', key: text })).rejects.toMatchObject(refused);
  });

  test('no key, passphrase or recovery key is in the store', async () => {
    const random = (bytes: number) => Buffer.alloc(bytes, 0xa5);
    const { store, recoveryKey } = await smallRepository({ random, passphrase: 'the passphrase' });
    for (const name of await objectNames(store)) {
      const { data } = await store.get(name);
      expect(data.includes(random(32))).toBe(false);
      for (const text of [
        random(32).toString('hex'),
        random(32).toString('base64url'),
        recoveryKey,
        'the passphrase',
      ]) {
        expect(data.includes(text)).toBe(false);
      }
    }
  });

  test('nothing there, a newer version and an existing repository are told apart', async () => {
    await expect(openRepository(memoryStore(), { kind: 'passphrase', passphrase: 'x' })).rejects.toMatchObject({
      code: 'REPOSITORY_UNKNOWN',
      message: expect.stringContaining('no repository') as string,
    });
    const { store } = await smallRepository();
    await expect(createRepository(store, { recovery: true, now })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });

    const { writeCheckedText } = await import('../../repository/format/checkedText.ts');
    await store.put('strongroom.json', [writeCheckedText({ format: 'strongroom-repository', version: 2 })]);
    await expect(openRepository(store, { kind: 'passphrase', passphrase: 'x' })).rejects.toMatchObject({
      code: 'REPOSITORY_UNKNOWN',
      message: expect.stringContaining('version 2') as string,
    });
  });

  test('a repository without a way in, or of impossible blocks, is not made', async () => {
    const store = memoryStore();
    for (const options of [{ recovery: false }, { recovery: true, blockSize: 5000 }, { recovery: true, fanOut: 1 }]) {
      await expect(createRepository(store, { now, ...options })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect(await objectNames(store)).toEqual([]);
  });

  test('of several that create one repository exactly one wins, and it works', async () => {
    const store = memoryStore();
    const tries = await Promise.allSettled(
      Array.from({ length: 4 }, () => createRepository(store, { recovery: true, now })),
    );
    const winners = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(winners).toHaveLength(1);
    for (const result of tries) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ALREADY_EXISTS' });
    }
    const opened = await openRepository(store, { kind: 'recovery', key: winners[0]?.recoveryKey ?? '' });
    expect(opened.id).toBe(winners[0]?.repository.id);
  });
});
