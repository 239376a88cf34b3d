import { damaged } from '../format/damage.ts';
import { FOOT_BYTES, openDirectory, readFoot } from '../format/pack.ts';
import type { DirectoryEntry } from '../format/pack.ts';
import { packName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { readPart } from '../stores/objects.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';

/** Read at once of a pack's end: foot and directory of up to some 800 entries. */
const TAIL_BYTES = 16 * 1024;

/**
 * A pack's directory by reading its end only: one read, two when it is large. What it says is authenticated; whether the rest
 * of the pack is sound is not looked at.
 * @param size of the pack object
 * @throws REPOSITORY_DAMAGED naming the pack
 */
export async function readPackDirectory(
  store: ObjectStore,
  secrets: Secrets,
  { kind, pack, size }: { kind: PackKind; pack: string; size: number },
  signal?: AbortSignal,
): Promise<DirectoryEntry[]> {
  const name = packName(kind, pack);
  if (size < FOOT_BYTES) throw damaged(name, 'is altered or truncated');
  const start = Math.max(0, size - TAIL_BYTES);
  const tail = await readPart(store, name, { offset: start, length: size - start }, signal);
  const place = readFoot(name, tail.subarray(tail.length - FOOT_BYTES), size);
  const sealed =
    place.offset >= start
      ? tail.subarray(place.offset - start, place.offset - start + place.length)
      : await readPart(store, name, place, signal);
  const keys = { repository: secrets.repository, pack, packKey: secrets.packKey(pack) };
  return openDirectory(keys, kind, place, sealed);
}
