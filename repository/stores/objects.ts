import { damaged, isCode } from '../format/damage.ts';
import type { ObjectStore } from '../ports.ts';

/** A part of an object that must be there. @throws REPOSITORY_DAMAGED when it is missing or too short */
export async function readPart(
  store: ObjectStore,
  name: string,
  range: { offset: number; length: number },
  signal?: AbortSignal,
): Promise<Buffer> {
  const { data } = await store.get(name, range, signal).catch((cause: unknown) => {
    throw isCode(cause, 'NOT_FOUND') ? damaged(name, 'is missing', cause) : cause;
  });
  return partOf(name, data, range.offset, range);
}

/** A part of what was read from an offset on. @throws REPOSITORY_DAMAGED when that ends before */
export function partOf(
  name: string,
  data: Buffer,
  from: number,
  { offset, length }: { offset: number; length: number },
): Buffer {
  const part = data.subarray(offset - from, offset - from + length);
  if (part.length !== length) throw damaged(name, `is truncated: it ends before ${offset + length}`);
  return part;
}

/**
 * Writes an object that must not exist. When it does, but with these very bytes, an earlier try of ours arrived and its
 * answer was lost: that is success.
 * @throws ALREADY_EXISTS
 */
export async function putNew(
  store: ObjectStore,
  name: string,
  parts: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<void> {
  try {
    await store.put(name, parts, { ifAbsent: true, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (!isCode(error, 'ALREADY_EXISTS')) throw error;
    const { data } = await store.get(name, undefined, signal);
    if (!data.equals(Buffer.concat(parts))) throw error;
  }
}
