import { describe, expect, test } from 'vitest';
import { StrongroomError } from '../../model/errors.ts';
import { openRepository } from '../../repository/index.ts';
import type { NewKey, Repository } from '../../repository/index.ts';
import { readCheckedText } from '../../repository/format/checkedText.ts';
import { readClearPart } from '../../repository/format/sealedObject.ts';
import type { KeyWrapper, ObjectStore } from '../../repository/ports.ts';
import { copyOf, created, noise, objectNames, point, POINT_ID, smallRepository, write } from './fixtures.ts';
import { vaultKey } from '../worker/vaultKey.ts';

const LATER_POINT = '20260502T000000Z-00000002';

/** A recovery key to be made, and what came of it. */
function newRecoveryKey() {
  const kept: string[] = [];
  const key: NewKey = { kind: 'recovery', keep: async (recoveryKey) => void kept.push(recoveryKey) };
  return { key, kept };
}

/** A vault key whose newest version wraps, while the older ones still unwrap. */
function versionedKey(keyId: string) {
  const versions = [vaultKey(keyId)];
  const wrapper: KeyWrapper = {
    keyId,
    wrap: async (plain) => ({
      wrapped: (await versions.at(-1)!.wrap(plain)).wrapped,
      keyVersion: `v${versions.length}`,
    }),
    unwrap: async (wrapped, version) => {
      const key = versions[Number(version.slice(1)) - 1];
      if (!key) throw new StrongroomError('KEY_REFUSED', `${keyId} has no version ${version}.`);
      return key.unwrap(wrapped, version).catch((cause: unknown) => {
        throw new StrongroomError('KEY_REFUSED', `${keyId} refuses.`, { cause });
      });
    },
  };
  return { wrapper, addVersion: () => void versions.push(vaultKey(keyId)) };
}

async function withPoint(repository: Repository, id: string) {
  const writer = await repository.writer();
  await writer.commit(point(id, (await write(writer, noise(9216, id))).image));
  await writer.close();
}

const keyObjects = async (store: ObjectStore) => {
  const names = await objectNames(store, 'keys/');
  return Promise.all(names.map(async (name) => (await store.get(name)).data));
};
const opensWith = async (store: ObjectStore, key: string) =>
  (await openRepository(store, { kind: 'recovery', key }).catch(() => undefined)) !== undefined;
const slotOf = async ({ keys }: Repository, kind: string) => (await keys.list()).find((slot) => slot.kind === kind)!;

/** The store, with puts that pass through `put`. */
const withPut = (store: ObjectStore, put: ObjectStore['put']): ObjectStore => ({ ...store, put });

describe('key slots', () => {
  test('a vault key is rotated to its newest version without a byte of data written', async () => {
    const { wrapper, addVersion } = versionedKey('https://vault.example/keys/k');
    const { store, repository } = await smallRepository({ wrapper });
    await withPoint(repository, POINT_ID);
    const before = await copyOf(store);
    const old = await slotOf(repository, 'wrapped');
    expect(old).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      kind: 'wrapped',
      keyId: wrapper.keyId,
      keyVersion: 'v1',
      added: created,
    });

    addVersion();
    const rotated = await repository.keys.rotate(old.id, { kind: 'wrapped', wrapper });
    expect(rotated).toMatchObject({ kind: 'wrapped', keyVersion: 'v2' });
    expect(rotated.id).not.toBe(old.id);
    expect(await repository.keys.list()).toEqual([rotated, await slotOf(repository, 'recovery')]);
    for (const name of await objectNames(before)) {
      const same = (await store.get(name)).data.equals((await before.get(name)).data);
      expect([name, same]).toEqual([name, !name.startsWith('keys/')]);
    }
    const opened = await openRepository(store, { kind: 'wrapped', wrapper });
    expect(await opened.pointIds()).toEqual([POINT_ID]);
  });

  test('a passphrase is added, changed and taken away; the old one is refused from then on', async () => {
    const { store, repository } = await smallRepository();
    const open = (passphrase: string) => openRepository(store, { kind: 'passphrase', passphrase });
    await expect(open('first')).rejects.toThrowError(/has no passphrase slot: use recovery key/);
    await expect(repository.keys.add({ kind: 'passphrase', passphrase: '' })).rejects.toThrowError(/empty passphrase/);
    const first = await repository.keys.add({ kind: 'passphrase', passphrase: 'first' });
    const second = await repository.keys.rotate(first.id, { kind: 'passphrase', passphrase: 'second' });
    await expect(open('first')).rejects.toThrowError(/passphrase is wrong.* opens also with the recovery key/);
    expect((await open('second')).id).toBe(repository.id);
    expect(await repository.keys.remove(second.id)).toEqual(second);
    expect((await repository.keys.list()).map(({ kind }) => kind)).toEqual(['recovery']);
  });

  test('what would shut everybody out, or is no slot, is refused', async () => {
    const { repository } = await smallRepository();
    const recovery = await slotOf(repository, 'recovery');
    await expect(repository.keys.remove(recovery.id, { recovery: true })).rejects.toThrowError(/only way in/);
    const { key } = newRecoveryKey();
    const second = await repository.keys.add(key);
    await expect(repository.keys.remove(recovery.id)).rejects.toThrowError(/recovery key's/);
    await expect(repository.keys.remove('00000000', { recovery: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      repository.keys.rotate(recovery.id, { kind: 'wrapped', wrapper: vaultKey('k') }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await repository.keys.remove(recovery.id, { recovery: true });
    await expect(repository.keys.remove(second.id, { recovery: true })).rejects.toThrowError(/only way in/);
  });

  test('a recovery key that could not be kept is none; one that is rotated opens no more, but older points still carry it', async () => {
    const { store, repository, recoveryKey } = await smallRepository();
    await withPoint(repository, POINT_ID);
    const { id } = await slotOf(repository, 'recovery');
    const broken: NewKey = { kind: 'recovery', keep: () => Promise.reject(new Error('no paper')) };
    await expect(repository.keys.rotate(id, broken)).rejects.toThrowError('no paper');
    expect(await opensWith(store, recoveryKey)).toBe(true);

    const { key, kept } = newRecoveryKey();
    await repository.keys.rotate(id, key);
    expect(await opensWith(store, recoveryKey)).toBe(false);
    expect(await opensWith(store, kept[0]!)).toBe(true);

    // Who has an old point's head and the old key still gets the master key (docs/format.md, 4.3).
    for (const name of await objectNames(store, 'keys/')) await store.delete(name);
    expect(await opensWith(store, recoveryKey)).toBe(true);
  });

  test('points written after a change carry the new document', async () => {
    const { store, repository } = await smallRepository();
    await withPoint(repository, POINT_ID);
    await repository.keys.add(newRecoveryKey().key);
    await withPoint(repository, LATER_POINT);
    const head = async (id: string) => readClearPart('point', id, (await store.get(`points/${id}`)).data);
    const [document] = await keyObjects(store);
    expect((await head(LATER_POINT)).equals(document!)).toBe(true);
    expect((readCheckedText(await head(POINT_ID)) as { slots: unknown[] }).slots).toHaveLength(1);
  });

  test('of changes at once none is lost, and both objects agree in the end', async () => {
    const { store, recoveryKey } = await smallRepository();
    // Every access takes a turn of its own, so that the changes really cross.
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const slow: ObjectStore = {
      ...store,
      get: async (...args) => (await turn(), store.get(...args)),
      put: async (...args) => (await turn(), store.put(...args)),
    };
    const made = Array.from({ length: 4 }, newRecoveryKey);
    await Promise.all(
      made.map(async ({ key }) => {
        const opened = await openRepository(slow, { kind: 'recovery', key: recoveryKey });
        await opened.keys.add(key);
      }),
    );
    const [document, copy] = await keyObjects(store);
    expect(copy!.equals(document!)).toBe(true);
    for (const { kept } of made) expect(await opensWith(store, kept[0]!)).toBe(true);
  });

  test('of two that remove each other exactly one way in stays', async () => {
    const { store, repository, recoveryKey } = await smallRepository();
    const { key, kept } = newRecoveryKey();
    const second = await repository.keys.add(key);
    const first = await slotOf(repository, 'recovery');
    const other = await openRepository(store, { kind: 'recovery', key: kept[0]! });
    const results = await Promise.allSettled([
      repository.keys.remove(second.id, { recovery: true }),
      other.keys.remove(first.id, { recovery: true }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect([await opensWith(store, recoveryKey), await opensWith(store, kept[0]!)].sort()).toEqual([false, true]);
  });

  test('a crash at any step leaves a whole document, and the next change makes both agree', async () => {
    for (const steps of [0, 1, 2]) {
      const { store, recoveryKey } = await smallRepository();
      let left = steps;
      const crashing = withPut(store, async (...args) => {
        if (left-- === 0) throw new Error('crash');
        return store.put(...args);
      });
      const { key, kept } = newRecoveryKey();
      const opened = await openRepository(crashing, { kind: 'recovery', key: recoveryKey });
      const { id } = await slotOf(opened, 'recovery');
      const outcome = await opened.keys.rotate(id, key).then(
        () => 'done',
        () => 'crashed',
      );
      expect(outcome).toBe(steps === 2 ? 'done' : 'crashed');
      const valid = steps === 0 ? recoveryKey : kept[0]!;
      const invalid = steps === 0 ? kept[0]! : recoveryKey;
      expect([await opensWith(store, valid), await opensWith(store, invalid)]).toEqual([true, false]);

      const again = await openRepository(store, { kind: 'recovery', key: valid });
      await again.keys.add(newRecoveryKey().key);
      const [document, copy] = await keyObjects(store);
      expect(copy!.equals(document!)).toBe(true);
      expect(await again.keys.list()).toHaveLength(2);
    }
  });

  test('a damaged or missing object is put right by the next change', async () => {
    const { store, repository, recoveryKey } = await smallRepository();
    const [name, copyName] = (await objectNames(store, 'keys/')) as [string, string];
    const damages = [
      () => store.put(name, [Buffer.from('damaged')]),
      () => store.put(copyName, [Buffer.from('damaged')]),
      () => store.delete(name),
      () => store.delete(copyName),
      async () => (await store.delete(name), store.delete(copyName)),
    ];
    for (const [i, damage] of damages.entries()) {
      await damage();
      await repository.keys.add(newRecoveryKey().key);
      const [document, copy] = await keyObjects(store);
      expect(copy!.equals(document!)).toBe(true);
      expect(await repository.keys.list()).toHaveLength(2 + i);
      expect(await opensWith(store, recoveryKey)).toBe(true);
    }
  });

  test('a put whose answer was lost counts once; one that never succeeds ends with RESOURCE_BUSY', async () => {
    const { store, recoveryKey } = await smallRepository();
    const refuse = () =>
      Promise.reject(new StrongroomError('ALREADY_EXISTS', 'The object is not as the condition expects.'));
    let lost = 0;
    const forgetful = withPut(store, async (...args) => {
      const answer = await store.put(...args);
      return lost++ === 0 ? refuse() : answer;
    });
    const { keys } = await openRepository(forgetful, { kind: 'recovery', key: recoveryKey });
    await keys.add(newRecoveryKey().key);
    expect(await keys.list()).toHaveLength(2);

    const busy = await openRepository(withPut(store, refuse), { kind: 'recovery', key: recoveryKey });
    await expect(busy.keys.add(newRecoveryKey().key)).rejects.toMatchObject({ code: 'RESOURCE_BUSY' });
  });

  test('of several vault keys each opens; a vault that does not answer names the other ways in', async () => {
    const one = versionedKey('https://one.example/keys/k');
    const two = versionedKey('https://two.example/keys/k');
    const { store, repository } = await smallRepository({ wrapper: one.wrapper });
    await repository.keys.add({ kind: 'wrapped', wrapper: two.wrapper });
    for (const { wrapper } of [one, two]) {
      expect((await openRepository(store, { kind: 'wrapped', wrapper })).id).toBe(repository.id);
    }
    // The key was restored from its backup into another vault.
    const moved = { ...two.wrapper, keyId: 'https://three.example/keys/k' };
    expect((await openRepository(store, { kind: 'wrapped', wrapper: moved })).id).toBe(repository.id);

    const silent: KeyWrapper = {
      ...one.wrapper,
      unwrap: () => Promise.reject(new StrongroomError('AZURE_UNAVAILABLE', 'one.example does not answer.')),
    };
    await expect(openRepository(store, { kind: 'wrapped', wrapper: silent })).rejects.toMatchObject({
      code: 'AZURE_UNAVAILABLE',
      retryable: true,
      message: 'one.example does not answer. The repository opens also with the recovery key.',
    });
    const liar: KeyWrapper = { ...one.wrapper, unwrap: async () => Buffer.alloc(32) };
    await expect(repository.keys.add({ kind: 'wrapped', wrapper: liar })).rejects.toMatchObject({
      code: 'KEY_REFUSED',
    });
    expect(await repository.keys.list()).toHaveLength(3);
  });
});
