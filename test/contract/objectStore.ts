import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StrongroomError } from '../../model/errors.ts';
import type { ObjectInfo, ObjectStore } from '../../repository/ports.ts';

/** A store under test: empty, and `close` removes it. */
export interface StoreUnderTest {
  store: ObjectStore;
  close?(): Promise<void> | void;
}

const bytes = (...values: number[]) => Buffer.from(values);
const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (error as StrongroomError).code,
  );

/** What every store keeps: the behaviour that repository/ports.ts promises. `factory` is called once. */
export function objectStoreContract(name: string, factory: () => Promise<StoreUnderTest> | StoreUnderTest): void {
  describe(`object store: ${name}`, () => {
    let store: ObjectStore;
    let close: StoreUnderTest['close'];
    const listed = async (prefix: string): Promise<ObjectInfo[]> => {
      const infos: ObjectInfo[] = [];
      for await (const info of store.list(prefix)) infos.push(info);
      return infos;
    };

    beforeAll(async () => {
      const made = await factory();
      store = made.store;
      close = made.close;
    });
    afterAll(async () => {
      await close?.();
    });

    test('what was put comes back, its parts joined', async () => {
      const put = await store.put('basic/a.1', [bytes(1, 2), bytes(), bytes(3)]);
      expect(put).toMatchObject({ name: 'basic/a.1', size: 3 });
      const got = await store.get('basic/a.1');
      expect(got.data).toEqual(bytes(1, 2, 3));
      expect(got.info).toEqual(put);
      expect(await store.head('basic/a.1')).toEqual(put);
    });

    test('an empty object is an object', async () => {
      await store.put('basic/empty', []);
      expect((await store.get('basic/empty')).data).toHaveLength(0);
      expect((await store.head('basic/empty')).size).toBe(0);
    });

    test('the bytes put and got belong to the caller', async () => {
      const mine = bytes(1, 2, 3);
      await store.put('basic/mine', [mine]);
      mine.fill(9);
      const first = (await store.get('basic/mine')).data;
      expect(first).toEqual(bytes(1, 2, 3));
      first.fill(8);
      expect((await store.get('basic/mine')).data).toEqual(bytes(1, 2, 3));
    });

    test('a large object of many parts is whole', async () => {
      const parts = Array.from({ length: 2000 }, (_, i) => Buffer.alloc(2500, i % 251));
      await store.put('basic/large', parts);
      const { data } = await store.get('basic/large');
      expect(data.equals(Buffer.concat(parts))).toBe(true);
      const part = await store.get('basic/large', { offset: 2499, length: 3 });
      expect(part.data).toEqual(bytes(0, 1, 1));
      expect(part.info.size).toBe(5_000_000);
    });

    test('a range gives the bytes there are', async () => {
      await store.put('range/a', [bytes(0, 1, 2, 3, 4)]);
      const read = async (offset: number, length: number) => (await store.get('range/a', { offset, length })).data;
      expect(await read(0, 5)).toEqual(bytes(0, 1, 2, 3, 4));
      expect(await read(1, 2)).toEqual(bytes(1, 2));
      expect(await read(3, 10)).toEqual(bytes(3, 4));
      expect(await read(5, 1)).toHaveLength(0);
      expect(await read(50, 10)).toHaveLength(0);
    });

    test('what is not there is NOT_FOUND', async () => {
      expect(await codeOf(store.get('none/a'))).toBe('NOT_FOUND');
      expect(await codeOf(store.get('none/a', { offset: 0, length: 1 }))).toBe('NOT_FOUND');
      expect(await codeOf(store.head('none/a'))).toBe('NOT_FOUND');
    });

    test('a put replaces, and the ETag changes', async () => {
      const first = await store.put('replace/a', [bytes(1)]);
      const second = await store.put('replace/a', [bytes(2)]);
      expect(second.etag).not.toBe(first.etag);
      expect((await store.get('replace/a')).data).toEqual(bytes(2));
    });

    test('ifAbsent writes once', async () => {
      await store.put('absent/a', [bytes(1)], { ifAbsent: true });
      expect(await codeOf(store.put('absent/a', [bytes(2)], { ifAbsent: true }))).toBe('ALREADY_EXISTS');
      expect((await store.get('absent/a')).data).toEqual(bytes(1));
    });

    test('of many that put one absent name, exactly one wins', async () => {
      const codes = await Promise.all(
        Array.from({ length: 8 }, (_, i) => codeOf(store.put('absent/race', [bytes(i)], { ifAbsent: true }))),
      );
      expect(codes.filter((code) => code === 'no error')).toHaveLength(1);
      expect(codes.filter((code) => code === 'ALREADY_EXISTS')).toHaveLength(7);
      expect((await store.get('absent/race')).data).toEqual(bytes(codes.indexOf('no error')));
    });

    test('ifMatch writes only what is unchanged', async () => {
      const first = await store.put('match/a', [bytes(1)]);
      const second = await store.put('match/a', [bytes(2)], { ifMatch: first.etag });
      expect(await codeOf(store.put('match/a', [bytes(3)], { ifMatch: first.etag }))).toBe('ALREADY_EXISTS');
      expect(await codeOf(store.put('match/none', [bytes(3)], { ifMatch: second.etag }))).toBe('ALREADY_EXISTS');
      expect((await store.get('match/a')).data).toEqual(bytes(2));
      expect(await codeOf(store.head('match/none'))).toBe('NOT_FOUND');
    });

    test('of many that put with one ETag, exactly one wins', async () => {
      const { etag } = await store.put('match/race', [bytes(1)]);
      const codes = await Promise.all(
        Array.from({ length: 8 }, (_, i) => codeOf(store.put('match/race', [bytes(i, i)], { ifMatch: etag }))),
      );
      expect(codes.filter((code) => code === 'no error')).toHaveLength(1);
    });

    test('delete removes; twice is once; with ifMatch only what is unchanged', async () => {
      const first = await store.put('delete/a', [bytes(1)]);
      const second = await store.put('delete/a', [bytes(1, 2)]);
      expect(await codeOf(store.delete('delete/a', { ifMatch: first.etag }))).toBe('ALREADY_EXISTS');
      await store.delete('delete/a', { ifMatch: second.etag });
      expect(await codeOf(store.head('delete/a'))).toBe('NOT_FOUND');
      await store.delete('delete/a');
      expect(await codeOf(store.delete('delete/a', { ifMatch: second.etag }))).toBe('ALREADY_EXISTS');
    });

    test('list gives the names with a prefix, in order', async () => {
      for (const name of ['list/b', 'list/a-2', 'list/a.1', 'list/deep/x', 'list/a', 'listing'])
        await store.put(name, [bytes(7)]);
      const names = async (prefix: string) => (await listed(prefix)).map((info) => info.name);
      expect(await names('list/')).toEqual(['list/a', 'list/a-2', 'list/a.1', 'list/b', 'list/deep/x']);
      expect(await names('list/a')).toEqual(['list/a', 'list/a-2', 'list/a.1']);
      expect(await names('list')).toContain('listing');
      expect(await names('nothing/')).toEqual([]);
      const [info] = await listed('list/b');
      expect(info).toEqual(await store.head('list/b'));
    });

    test('modified is a UTC time that does not go back', async () => {
      const first = await store.put('time/a', [bytes(1)]);
      const second = await store.put('time/b', [bytes(1)]);
      expect(first.modified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(Date.parse(second.modified)).toBeGreaterThanOrEqual(Date.parse(first.modified));
    });

    test('an aborted put writes nothing', async () => {
      await expect(store.put('abort/a', [bytes(1)], { signal: AbortSignal.abort() })).rejects.toThrow();
      expect(await codeOf(store.head('abort/a'))).toBe('NOT_FOUND');
    });
  });
}

/** What every store keeps that can lock. `now`: its own time, milliseconds. */
export function lockContract(
  name: string,
  factory: () => Promise<StoreUnderTest> | StoreUnderTest,
  now: () => number,
): void {
  describe(`object store that locks: ${name}`, () => {
    test('an object is locked until a time, which is never shortened; its content and ETag stay', async () => {
      const { store, close } = await factory();
      const until = (days: number) => new Date(Math.ceil(now() / 1000) * 1000 + days * 86_400_000).toISOString();
      const put = await store.put('lock/a', [bytes(1)]);
      await store.lock!('lock/a', until(3));
      await store.lock!('lock/a', until(5));
      await store.lock!('lock/a', until(4));
      const lockedUntil = until(5);
      expect(await store.head('lock/a')).toEqual({ ...put, lockedUntil });
      expect((await store.get('lock/a')).info).toEqual({ ...put, lockedUntil });
      for await (const info of store.list('lock/')) expect(info).toEqual({ ...put, lockedUntil });
      expect(await codeOf(store.lock!('lock/none', until(1)))).toBe('NOT_FOUND');
      await close?.();
    });
  });
}
