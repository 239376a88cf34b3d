import { indexName } from './layout.ts';
import { ENTRY_BYTES, parseDirectory, writeDirectory } from './pack.ts';
import type { DirectoryEntry } from './pack.ts';
import { readSealedObject, writeSealedObject } from './sealedObject.ts';
import type { Secrets } from './secrets.ts';

/** A data pack as an index object lists it (docs/format.md, section 7). */
export interface IndexedPack {
  pack: string;
  /** Of the pack object. */
  size: number;
  entries: readonly DirectoryEntry[];
}

const PACK_HEAD = 24;

export function writeIndexObject(
  secrets: Secrets,
  index: string,
  packs: readonly IndexedPack[],
  salt: Uint8Array,
): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(packs.length);
  const parts = packs.flatMap(({ pack, size, entries }) => {
    const head = Buffer.alloc(PACK_HEAD);
    head.write(pack, 0, 'hex');
    head.writeUInt32LE(size, 16);
    head.writeUInt32LE(entries.length, 20);
    return [head, writeDirectory(entries)];
  });
  return writeSealedObject(secrets, 'index', indexName(index), Buffer.alloc(0), Buffer.concat([count, ...parts]), salt);
}

/** A listed pack whose entries are not taken apart: `directory` is as {@link writeDirectory} gives it. */
export interface IndexedDirectory {
  pack: string;
  size: number;
  count: number;
  directory: Buffer;
}

/** @throws REPOSITORY_DAMAGED, REPOSITORY_UNKNOWN (of a newer version) */
export function readIndexDirectories(secrets: Secrets, name: string, bytes: Buffer): IndexedDirectory[] {
  const content = readSealedObject(secrets, 'index', name, bytes);
  let at = 4;
  return Array.from({ length: content.readUInt32LE(0) }, () => {
    const pack = content.toString('hex', at, at + 16);
    const size = content.readUInt32LE(at + 16);
    const count = content.readUInt32LE(at + 20);
    at += PACK_HEAD;
    const directory = content.subarray(at, at + count * ENTRY_BYTES);
    at += directory.length;
    return { pack, size, count, directory };
  });
}

/** @throws REPOSITORY_DAMAGED, REPOSITORY_UNKNOWN (of a newer version) */
export function readIndexObject(secrets: Secrets, name: string, bytes: Buffer): IndexedPack[] {
  return readIndexDirectories(secrets, name, bytes).map(({ pack, size, count, directory }) => ({
    pack,
    size,
    entries: parseDirectory(directory, count),
  }));
}
