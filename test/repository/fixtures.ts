import { createCipheriv, createHash } from 'node:crypto';
import type { ImageRef, MachinePoint } from '../../model/point.ts';
import { createRepository, memoryStore } from '../../repository/index.ts';
import type { CreateOptions, Extent, ImageReader, Writer } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';

/** Bytes that look random and are the same for the same seed. */
export function noise(length: number, seed: number | string): Buffer {
  const key = createHash('sha256').update(String(seed)).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** A random source for tests that repeats itself from run to run. */
export function seededRandom(seed: string): (bytes: number) => Buffer {
  let calls = 0;
  return (bytes) => noise(bytes, `${seed}/${calls++}`);
}

export const created = '2026-05-01T00:00:00.000Z';

/** A repository in memory with small blocks and narrow pages, so that small images have deep maps. */
export async function smallRepository(options: Partial<CreateOptions> & { store?: ObjectStore } = {}) {
  const { store = memoryStore(), ...rest } = options;
  const made = await createRepository(store, {
    recovery: true,
    now: () => created,
    blockSize: 4096,
    fanOut: 4,
    ...rest,
  });
  return { store, repository: made.repository, recoveryKey: made.recoveryKey ?? '' };
}

/** Where an image's bytes are: a source that remembers what was read of it. */
export function sourceOf(image: Buffer) {
  const reads: Extent[] = [];
  return {
    reads,
    read: async (offset: number, into: Uint8Array): Promise<void> => {
      const { length } = into;
      reads.push({ offset, length });
      if (offset < 0 || offset + length > image.length)
        throw new Error(`read of ${offset}+${length} outside the image`);
      into.set(image.subarray(offset, offset + length));
    },
  };
}

export const whole = (image: Buffer): Extent[] => [{ offset: 0, length: image.length }];

/** Writes an image; returns also what was read of the source. */
export async function write(writer: Writer, image: Buffer, extents = whole(image), base?: ImageRef) {
  const { reads, read } = sourceOf(image);
  const written = await writer.writeImage({ size: image.length, extents, read, ...(base ? { base } : {}) });
  return { ...written, reads };
}

/** The whole image, put together from its non-zero blocks. */
export async function readBack(reader: ImageReader): Promise<Buffer> {
  const image = Buffer.alloc(reader.size);
  let end = 0;
  for await (const { offset, data } of reader.blocks()) {
    if (offset < end) throw new Error(`block at ${offset} is out of order`);
    end = offset + data.copy(image, offset);
  }
  return image;
}

export function point(id: string, ...images: ImageRef[]): MachinePoint {
  const stats = { size: 0, read: 0, stored: 0, blocksRead: 0, blocksNew: 0, blocksZero: 0 };
  return {
    version: 1,
    id,
    time: created,
    session: 'session',
    source: { kind: 'vm', resourceId: '/subscriptions/s/vm', name: 'vm', location: 'westeurope' },
    consistency: 'crash-consistent',
    machine: { name: 'vm' },
    disks: images.map((image, i) => ({
      key: i === 0 ? 'os' : `lun${i - 1}`,
      name: `disk${i}`,
      resourceId: `/subscriptions/s/disk${i}`,
      uniqueId: `unique${i}`,
      lun: i === 0 ? null : i - 1,
      size: image.size,
      snapshot: { id: 'snapshot', familyId: 'family', time: created },
      properties: { location: 'westeurope' },
      image,
      read: { mode: 'full', reason: 'first' },
      stats,
    })),
  };
}

export const POINT_ID = '20260501T000000Z-00000001';

export async function objectNames(store: ObjectStore, prefix = ''): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
}

/** Bytes of all objects with a prefix. */
export async function bytesStored(store: ObjectStore, prefix = ''): Promise<number> {
  let sum = 0;
  for await (const { size } of store.list(prefix)) sum += size;
  return sum;
}

/** A full copy of a memory store, to damage. */
export async function copyOf(store: ObjectStore): Promise<ObjectStore> {
  const copy = memoryStore();
  for (const name of await objectNames(store)) await copy.put(name, [(await store.get(name)).data]);
  return copy;
}
