import { describe, expect, test } from 'vitest';
import { StrongroomError } from '../../model/errors.ts';
import { openRepository } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { noise, objectNames, readBack, write } from '../repository/fixtures.ts';
import { full, timeout } from './runs.ts';
import { BLOCK, makeWorld, readWorld } from './smallWorld.ts';

const sound = await makeWorld('sound');
const other = await makeWorld('other');
const names = await objectNames(sound.store);
/** What reading points never looks at. */
const isAside = (name: string): boolean => /^(index|marks|bad|checks|writers)\//.test(name);

/** What some point cannot be read without, as it is. A point that is missing is no longer there. */
const isNeeded = (name: string): boolean => /^(data|maps|moved)\//.test(name);

/** The sound repository, but for one object that holds other bytes, or is missing. */
function altered(name: string, data: Buffer | undefined): ObjectStore {
  return {
    ...sound.store,
    async get(asked, range, signal) {
      if (asked !== name) return sound.store.get(asked, range, signal);
      if (!data) throw new StrongroomError('NOT_FOUND', `There is no object ${name}.`);
      const { info } = await sound.store.get(name);
      const part = range ? data.subarray(range.offset, range.offset + range.length) : data;
      return { data: Buffer.from(part), info: { ...info, size: data.length } };
    },
    async *list(prefix) {
      for await (const info of sound.store.list(prefix)) {
        if (info.name !== name) yield info;
        else if (data) yield { ...info, size: data.length };
      }
    },
  };
}

/**
 * Reads everything with one object altered: each point is right byte for byte, or an error that names the object.
 * @returns how many points could not be read
 */
async function check(name: string, data: Buffer | undefined, how: string): Promise<number> {
  let refused = 0;
  for (const [id, found] of await readWorld(altered(name, data), sound.recoveryKey)) {
    if (found instanceof Error) {
      refused++;
      const expected = data ? { code: 'REPOSITORY_DAMAGED', object: name } : missing(name);
      expect(told(found), `${name} ${how}, point ${id}`).toEqual(expected);
    } else {
      const right = sound.images.get(id)?.every((disk, i) => found[i]?.equals(disk));
      expect(right, `${name} ${how}, point ${id}`).toBe(true);
    }
  }
  if (isAside(name)) expect(refused, `${name} ${how}`).toBe(0);
  return refused;
}

/** Code and object of an error, when its message names that object; otherwise the error itself. */
function told(error: unknown): unknown {
  if (!(error instanceof StrongroomError)) return error;
  const { code, message } = error;
  const object = error.details.object ?? 'strongroom.json';
  return message.includes(object) ? { code, object } : error;
}

/** How it shows that an object is missing: a forward as the pack whose parts it would tell of, the configuration as no repository. */
function missing(name: string): { code: string; object: string } {
  if (name === 'strongroom.json') return { code: 'REPOSITORY_UNKNOWN', object: name };
  const [, kind, pack] = /^moved\/(data|maps)-([0-9a-f]+)\./.exec(name) ?? [];
  return { code: 'REPOSITORY_DAMAGED', object: kind && pack ? `${kind}/${pack}` : name };
}

/** Backs up over the repository with one object altered, and reads that back. */
async function checkWriting(name: string, data: Buffer | undefined, how: string): Promise<void> {
  const added = new Map<string, Buffer>();
  const under = altered(name, data);
  const store: ObjectStore = {
    ...under,
    async get(asked, range, signal) {
      const own = added.get(asked);
      if (!own) return under.get(asked, range, signal);
      const part = range ? own.subarray(range.offset, range.offset + range.length) : own;
      return { data: Buffer.from(part), info: { name: asked, size: own.length, etag: '', modified: '' } };
    },
    async put(asked, parts) {
      added.set(asked, Buffer.concat(parts));
      return { name: asked, size: 0, etag: '', modified: new Date(0).toISOString() };
    },
  };
  try {
    const repository = await openRepository(store, { kind: 'recovery', key: sound.recoveryKey });
    const writer = await repository.writer();
    const image = Buffer.concat([...(sound.images.get('20260501T000000Z-00000001') ?? []), noise(BLOCK, 'new')]);
    const written = await write(writer, image);
    expect((await readBack(repository.image(written.image))).equals(image), `${name} ${how}`).toBe(true);
    await writer.close();
  } catch (error) {
    const expected = data ? { code: 'REPOSITORY_DAMAGED', object: name } : missing(name);
    expect(told(error), `${name} ${how}`).toEqual(expected);
  }
}

describe('every byte of every stored object', () => {
  test('the repository as it is has objects of every kind and reads right', async () => {
    const kinds = [...new Set(names.map((name) => name.replace(/\/.*/, '')))];
    expect(kinds.sort()).toEqual(
      [
        'bad',
        'checks',
        'data',
        'index',
        'keys',
        'maps',
        'marks',
        'moved',
        'points',
        'strongroom.json',
        'writers',
      ].sort(),
    );
    expect(await readWorld(sound.store, sound.recoveryKey)).toEqual(sound.images);
  });

  test.each(names)(
    '%s flipped: never wrong data',
    async (name) => {
      const { data } = await sound.store.get(name);
      let refused = 0;
      for (const at of full ? data.keys() : sample(data.length, 8)) {
        const flipped = Buffer.from(data);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
        refused += await check(name, flipped, `with byte ${at} flipped`);
        if (isAside(name) && at % 16 === 0) await checkWriting(name, flipped, `with byte ${at} flipped`);
      }
      if (isNeeded(name)) expect(refused).toBeGreaterThan(0);
    },
    timeout,
  );

  test.each(names)(
    '%s truncated, longer, empty or missing: never wrong data',
    async (name) => {
      const { data } = await sound.store.get(name);
      const lengths = full
        ? Array.from({ length: data.length }, (_, i) => i)
        : [0, 1, data.length >> 1, data.length - 1];
      for (const length of lengths) await check(name, data.subarray(0, length), `cut to ${length}`);
      await check(name, Buffer.concat([data, Buffer.alloc(1)]), 'with a byte more');
      const refused = await check(name, undefined, 'missing');
      if (isNeeded(name)) expect(refused).toBeGreaterThan(0);
      for (const length of [0, data.length - 1]) await checkWriting(name, data.subarray(0, length), `cut to ${length}`);
      await checkWriting(name, undefined, 'missing');
    },
    timeout,
  );

  test.each(names)(
    '%s exchanged for another object: never wrong data',
    async (name) => {
      const kind = name.slice(0, name.indexOf('/') + 1);
      const strangers = await objectNames(other.store, kind);
      const donors = names.filter((donor) => donor !== name && (full || donor.startsWith(kind)));
      for (const donor of donors) {
        const refused = await check(name, (await sound.store.get(donor)).data, `with the bytes of ${donor}`);
        if (isNeeded(name)) expect(refused).toBeGreaterThan(0);
      }
      for (const stranger of full ? strangers : strangers.slice(0, 2)) {
        const { data } = await other.store.get(stranger);
        const refused = await check(name, data, `with the bytes of another repository's ${stranger}`);
        if (isNeeded(name)) expect(refused).toBeGreaterThan(0);
      }
    },
    timeout,
  );
});

/** Some positions of so many, the first and the last among them. */
function sample(length: number, most: number): Iterable<number> {
  return new Set(Array.from({ length: most }, (_, i) => Math.floor((i * (length - 1)) / (most - 1))));
}
