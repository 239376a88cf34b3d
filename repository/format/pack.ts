import { Blake3Hasher } from '@napi-rs/blake-hash';
import { damaged, tooNew } from './damage.ts';
import { frameSmall, unframe } from './frame.ts';
import type { Frame } from './frame.ts';
import { packName } from './layout.ts';
import type { PackKind } from './layout.ts';
import { sealInto, TAG_BYTES, unseal } from './seal.ts';
import { IDENTITY_BYTES } from './secrets.ts';
import type { Secrets } from './secrets.ts';

/** Packs, byte by byte: docs/format.md, section 5. */
export const PACK_HEAD_BYTES = 32;
export const FOOT_BYTES = 40;
const MAGIC = Buffer.from('SRPK', 'ascii');
const VERSION = 1;
/** Of a directory: a length and an identity. */
export const ENTRY_BYTES = 4 + IDENTITY_BYTES;
const MAX_DIRECTORY = 256 * 1024 * 1024;

/** Where a block or page lies, and its identity. `pack` and `identity` are hex. */
export interface Ref {
  pack: string;
  offset: number;
  /** As stored. */
  length: number;
  identity: string;
}

/** An entry of a pack's directory; the offset follows from the lengths before. */
export interface DirectoryEntry {
  length: number;
  identity: Buffer;
}

const kinds = { data: 1, maps: 2 } as const;
/** What a sealed part of a pack is: bound into it, so that a page never passes for a block. */
export const roles = { block: 1, page: 2, directory: 3 } as const;
export type Role = keyof typeof roles;

const entryRole = { data: 'block', maps: 'page' } as const;

/** Of a pack's checksum, which tells without a key whether its bytes are as they were written. */
export const packHash = (): Blake3Hasher => new Blake3Hasher();

/** What sealing a part of a pack takes. */
export interface PackKeys {
  /** Repository id, 16 bytes. */
  repository: Uint8Array;
  /** Pack id, hex. */
  pack: string;
  packKey: Uint8Array;
}

/** The first bytes of a pack. */
export function packHead(kind: PackKind, pack: string): Buffer {
  const head = Buffer.alloc(PACK_HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt8(VERSION, 4);
  head.writeUInt8(kinds[kind], 5);
  head.write(pack, 8, 'hex');
  return head;
}

/** Seals a part at an offset of the pack, whose bytes are `target`. @returns bytes written */
export function sealPart(
  keys: PackKeys,
  role: Role,
  content: Frame,
  target: Buffer,
  offset: number,
  at = offset,
): number {
  const { nonce, data } = place(keys.repository, role, keys.pack, offset);
  return sealInto(target, at, keys.packKey, nonce, data, content);
}

/**
 * What comes behind the entries of a pack: directory and foot.
 * @param size bytes before it
 * @param directory as {@link writeDirectory} gives it
 * @param hash of all bytes before it: {@link packHash}
 */
export function packTail(
  keys: PackKeys,
  size: number,
  directory: Uint8Array,
  count: number,
  hash: Blake3Hasher,
): Buffer {
  const content = frameSmall(directory);
  const length = sealedLength(content);
  const tail = Buffer.alloc(length + FOOT_BYTES);
  sealPart(keys, 'directory', content, tail, size, 0);
  tail.writeUInt32LE(length, length);
  tail.writeUInt32LE(count, length + 4);
  hash
    .update(tail.subarray(0, length + 8))
    .digestBuffer()
    .copy(tail, length + 8);
  return tail;
}

/** The most bytes that content takes as an entry. */
export const maxEntryBytes = (content: number): number => 1 + content + TAG_BYTES;

const sealedLength = (content: Frame): number => content[0].length + content[1].length + TAG_BYTES;

/** Fills one pack in memory. */
export class PackBuilder {
  readonly kind: PackKind;
  readonly pack: string;
  readonly entries: DirectoryEntry[] = [];
  #size = PACK_HEAD_BYTES;
  readonly #parts: Buffer[];
  readonly #hash = packHash();
  readonly #keys: PackKeys;

  /** @param pack 16 random bytes, new for every pack */
  constructor(kind: PackKind, pack: Buffer, secrets: Secrets) {
    this.kind = kind;
    this.pack = pack.toString('hex');
    this.#keys = { repository: secrets.repository, pack: this.pack, packKey: secrets.packKey(this.pack) };
    const head = packHead(kind, this.pack);
    this.#parts = [head];
    this.#hash.update(head);
  }

  /** Bytes so far, without directory. */
  get size(): number {
    return this.#size;
  }

  add(content: Frame, identity: Buffer): Ref {
    const offset = this.#size;
    const sealed = Buffer.allocUnsafe(sealedLength(content));
    const length = sealPart(this.#keys, entryRole[this.kind], content, sealed, offset, 0);
    this.#parts.push(sealed);
    this.#hash.update(sealed);
    this.#size += length;
    this.entries.push({ length, identity });
    return { pack: this.pack, offset, length, identity: identity.toString('hex') };
  }

  /** The object's bytes, as parts. Nothing may be added afterwards. */
  finish(): Buffer[] {
    const { length } = this.entries;
    return [...this.#parts, packTail(this.#keys, this.#size, writeDirectory(this.entries), length, this.#hash)];
  }
}

/** Opens one sealed part of a pack: its frame. @throws REPOSITORY_DAMAGED naming the pack */
export function openPart(
  secrets: Secrets,
  key: Buffer,
  role: Role,
  at: Pick<Ref, 'pack' | 'offset'>,
  sealed: Buffer,
): Buffer {
  const { nonce, data } = place(secrets.repository, role, at.pack, at.offset);
  const framed = unseal(key, nonce, data, sealed);
  if (!framed) {
    const name = packName(role === 'page' ? 'maps' : 'data', at.pack);
    throw damaged(name, `fails authentication at offset ${at.offset}: it is altered, truncated or another pack`);
  }
  return framed;
}

/**
 * The directory of a whole pack, from the pack alone. Checks its checksum too.
 * @throws REPOSITORY_DAMAGED, REPOSITORY_UNKNOWN (of a newer version)
 */
export function readDirectory(secrets: Secrets, kind: PackKind, pack: string, bytes: Buffer): DirectoryEntry[] {
  const name = packName(kind, pack);
  if (!isWholePack(kind, bytes)) throw damaged(name, 'is altered or truncated');
  const found = readFoot(name, bytes.subarray(bytes.length - FOOT_BYTES), bytes.length);
  const keys = { repository: secrets.repository, pack, packKey: secrets.packKey(pack) };
  return openDirectory(keys, kind, found, bytes.subarray(found.offset, found.offset + found.length));
}

/** Where a pack's directory lies, and of how many entries it is. */
export interface DirectoryPlace {
  offset: number;
  length: number;
  count: number;
}

/**
 * @param foot the last 40 bytes of a pack of `size` bytes
 * @throws REPOSITORY_DAMAGED when they cannot be
 */
export function readFoot(name: string, foot: Buffer, size: number): DirectoryPlace {
  const length = foot.readUInt32LE(0);
  const offset = size - FOOT_BYTES - length;
  if (offset < PACK_HEAD_BYTES) throw damaged(name, 'is altered or truncated');
  return { offset, length, count: foot.readUInt32LE(4) };
}

/** @param sealed what lies at the place that the foot names @throws REPOSITORY_DAMAGED */
export function openDirectory(
  { repository, pack, packKey }: PackKeys,
  kind: PackKind,
  { offset, count }: DirectoryPlace,
  sealed: Buffer,
): DirectoryEntry[] {
  const { nonce, data } = place(repository, 'directory', pack, offset);
  const framed = unseal(packKey, nonce, data, sealed);
  const plain = framed && unframe(framed, MAX_DIRECTORY);
  if (plain?.length !== count * ENTRY_BYTES) {
    throw damaged(packName(kind, pack), 'fails authentication in its directory');
  }
  return parseDirectory(plain, count);
}

/** Whether a pack is as it was written, as far as can be told without a key. @throws REPOSITORY_UNKNOWN (of a newer version) */
export function isWholePack(kind: PackKind, bytes: Buffer): boolean {
  const end = bytes.length - 32;
  const whole =
    end >= PACK_HEAD_BYTES + TAG_BYTES + 8 &&
    bytes.subarray(0, 4).equals(MAGIC) &&
    bytes[5] === kinds[kind] &&
    packHash().update(bytes.subarray(0, end)).digestBuffer().equals(bytes.subarray(end));
  const version = bytes[4] ?? 0;
  if (whole && version > VERSION) throw tooNew(packName(kind, bytes.toString('hex', 8, 24)), version, VERSION);
  return whole && version === VERSION;
}

/** Lengths, then identities: 20 bytes an entry. Also how an index lists a pack's entries. */
export function writeDirectory(entries: readonly DirectoryEntry[]): Buffer {
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES);
  entries.forEach(({ length, identity }, i) => {
    bytes.writeUInt32LE(length, i * 4);
    identity.copy(bytes, entries.length * 4 + i * IDENTITY_BYTES);
  });
  return bytes;
}

/** The identities of a directory's entries, one behind the other. */
export const directoryIdentities = (directory: Buffer, count: number): Buffer =>
  directory.subarray(count * 4, count * ENTRY_BYTES);

/** Reads `count` entries from the beginning of `bytes`, which must hold them. */
export function parseDirectory(bytes: Buffer, count: number): DirectoryEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const at = count * 4 + i * IDENTITY_BYTES;
    return { length: bytes.readUInt32LE(i * 4), identity: bytes.subarray(at, at + IDENTITY_BYTES) };
  });
}

/** The nonce and additional data of what is sealed at an offset of a pack. */
export function place(
  repository: Uint8Array,
  role: Role,
  pack: string,
  offset: number,
): { nonce: Buffer; data: Buffer } {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(offset), 4);
  const data = Buffer.concat([repository, Buffer.of(roles[role]), Buffer.from(pack, 'hex'), nonce.subarray(4)]);
  return { nonce, data };
}
