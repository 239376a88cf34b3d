import { createHash } from 'node:crypto';
import { damaged } from './damage.ts';
import { frameSync, unframeSync } from './frame.ts';
import type { Frame } from './frame.ts';
import { packName } from './layout.ts';
import type { PackKind } from './layout.ts';
import { seal, TAG_BYTES, unseal } from './seal.ts';
import { IDENTITY_BYTES } from './secrets.ts';
import type { Secrets } from './secrets.ts';

/** Packs, byte by byte: docs/format.md, section 5. */
export const PACK_HEAD_BYTES = 32;
const FOOT_BYTES = 40;
const MAGIC = Buffer.from('SRPK', 'ascii');
const VERSION = 1;
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

/** Fills one pack in memory. */
export class PackBuilder {
  readonly kind: PackKind;
  readonly pack: string;
  readonly entries: DirectoryEntry[] = [];
  #size = PACK_HEAD_BYTES;
  readonly #parts: Buffer[];
  readonly #hash = createHash('sha256');
  readonly #secrets: Secrets;
  readonly #key: Buffer;

  /** @param pack 16 random bytes, new for every pack */
  constructor(kind: PackKind, pack: Buffer, secrets: Secrets) {
    this.kind = kind;
    this.pack = pack.toString('hex');
    this.#secrets = secrets;
    this.#key = secrets.packKey(this.pack);
    const head = Buffer.alloc(PACK_HEAD_BYTES);
    MAGIC.copy(head);
    head.writeUInt8(VERSION, 4);
    head.writeUInt8(kinds[kind], 5);
    pack.copy(head, 8);
    this.#parts = [head];
    this.#hash.update(head);
  }

  /** Bytes so far, without directory. */
  get size(): number {
    return this.#size;
  }

  add(content: Frame, identity: Buffer): Ref {
    const offset = this.#size;
    const length = this.#append(entryRole[this.kind], content);
    this.entries.push({ length, identity });
    return { pack: this.pack, offset, length, identity: identity.toString('hex') };
  }

  /** The object's bytes, as parts. Nothing may be added afterwards. */
  finish(): Buffer[] {
    const foot = Buffer.alloc(8);
    foot.writeUInt32LE(this.#append('directory', frameSync(writeDirectory(this.entries))), 0);
    foot.writeUInt32LE(this.entries.length, 4);
    this.#hash.update(foot);
    return [...this.#parts, foot, this.#hash.digest()];
  }

  #append(role: Role, content: Frame): number {
    const { nonce, data } = place(this.#secrets, role, this.pack, this.#size);
    const sealed = seal(this.#key, nonce, data, content);
    this.#parts.push(sealed);
    this.#hash.update(sealed);
    this.#size += sealed.length;
    return sealed.length;
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
  const { nonce, data } = place(secrets, role, at.pack, at.offset);
  const framed = unseal(key, nonce, data, sealed);
  if (!framed) {
    const name = packName(role === 'page' ? 'maps' : 'data', at.pack);
    throw damaged(name, `fails authentication at offset ${at.offset}: it is altered, truncated or another pack`);
  }
  return framed;
}

/**
 * The directory of a whole pack, from the pack alone. Checks its checksum too.
 * @throws REPOSITORY_DAMAGED
 */
export function readDirectory(secrets: Secrets, kind: PackKind, pack: string, bytes: Buffer): DirectoryEntry[] {
  const name = packName(kind, pack);
  if (!isWholePack(kind, bytes)) throw damaged(name, 'is altered or truncated');
  const length = bytes.readUInt32LE(bytes.length - FOOT_BYTES);
  const offset = bytes.length - FOOT_BYTES - length;
  if (offset < PACK_HEAD_BYTES) throw damaged(name, 'is altered or truncated');
  const { nonce, data } = place(secrets, 'directory', pack, offset);
  const framed = unseal(secrets.packKey(pack), nonce, data, bytes.subarray(offset, offset + length));
  const plain = framed && unframeSync(framed, MAX_DIRECTORY);
  if (!plain) throw damaged(name, 'fails authentication in its directory');
  return parseDirectory(plain, bytes.readUInt32LE(bytes.length - FOOT_BYTES + 4));
}

/** Whether a pack is as it was written, as far as can be told without a key. */
export function isWholePack(kind: PackKind, bytes: Buffer): boolean {
  const end = bytes.length - 32;
  return (
    end >= PACK_HEAD_BYTES + TAG_BYTES + 8 &&
    bytes.subarray(0, 4).equals(MAGIC) &&
    bytes[4] === VERSION &&
    bytes[5] === kinds[kind] &&
    createHash('sha256').update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end))
  );
}

/** Lengths, then identities: 20 bytes an entry. Also how an index lists a pack's entries. */
export function writeDirectory(entries: readonly DirectoryEntry[]): Buffer {
  const bytes = Buffer.alloc(entries.length * (4 + IDENTITY_BYTES));
  entries.forEach(({ length, identity }, i) => {
    bytes.writeUInt32LE(length, i * 4);
    identity.copy(bytes, entries.length * 4 + i * IDENTITY_BYTES);
  });
  return bytes;
}

/** Reads `count` entries from the beginning of `bytes`, which must hold them. */
export function parseDirectory(bytes: Buffer, count: number): DirectoryEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const at = count * 4 + i * IDENTITY_BYTES;
    return { length: bytes.readUInt32LE(i * 4), identity: bytes.subarray(at, at + IDENTITY_BYTES) };
  });
}

/** The nonce and additional data of what is sealed at an offset of a pack. */
function place(secrets: Secrets, role: Role, pack: string, offset: number): { nonce: Buffer; data: Buffer } {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(offset), 4);
  const data = Buffer.concat([secrets.repository, Buffer.of(roles[role]), Buffer.from(pack, 'hex'), nonce.subarray(4)]);
  return { nonce, data };
}
