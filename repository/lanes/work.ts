import { checkEntries, checkPack } from './checkPack.ts';
import { densityOf } from '../format/blockCompressor.ts';
import type { Density } from '../format/blockCompressor.ts';
import { frameBlock, unframe } from '../format/frame.ts';
import { packHash, packTail, place, sealPart } from '../format/pack.ts';
import type { PackKeys } from '../format/pack.ts';
import { release } from '../format/release.ts';
import { unseal } from '../format/seal.ts';
import { IDENTITY_BYTES, keyedIdentity } from '../format/secrets.ts';

/**
 * The CPU work on blocks, as functions of bytes: no I/O, no state, and no more keys than the work needs. The same code runs
 * in a thread and inline (lanes.ts).
 */

export interface HashTask {
  /** Source data: aligned blocks from 0 on. */
  run: SharedArrayBuffer;
  /** Bytes of it. The last block may be short. */
  length: number;
  blockSize: number;
  /** Key of identities. */
  blockKey: Uint8Array;
}

export interface Hashed {
  /** 16 bytes a block; of a block of zeros, zeros. */
  identities: Uint8Array;
  /** 1 for a block of zeros. */
  zeros: Uint8Array;
}

const ZEROS = Buffer.alloc(64 * 1024);

/** Which blocks are zeros, and the identities of the others. */
export function hashRun({ run, length, blockSize, blockKey }: HashTask): Hashed {
  const count = Math.ceil(length / blockSize);
  const identities = new Uint8Array(count * IDENTITY_BYTES);
  const zeros = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * blockSize;
    const plain = Buffer.from(run, start, Math.min(blockSize, length - start));
    if (isZero(plain)) zeros[i] = 1;
    else identities.set(keyedIdentity(blockKey, plain), i * IDENTITY_BYTES);
  }
  return { identities, zeros };
}

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (!part.equals(ZEROS.subarray(0, part.length))) return false;
  }
  return true;
}

export interface SealTask extends PackKeys {
  run: SharedArrayBuffer;
  /** Which parts of the run are stored. */
  blocks: readonly { start: number; length: number }[];
  /** The pack being filled. */
  bytes: SharedArrayBuffer;
  /** Bytes in it. */
  size: number;
  /** The pack is full when it reaches this; room for one more block is behind it. */
  packBytes: number;
}

/**
 * Compresses, encrypts and appends blocks to a pack until it is full.
 * @returns the lengths as stored of those that were appended, at least one
 */
export function sealRun({ run, blocks, bytes, size, packBytes, ...keys }: SealTask): number[] {
  const target = Buffer.from(bytes);
  const lengths: number[] = [];
  let offset = size;
  let density: Density = 'loose';
  for (const { start, length } of blocks) {
    if (offset >= packBytes) break;
    const content = frameBlock(new Uint8Array(run, start, length), density);
    // What a block is like, the next one mostly is too: they are parts of one file.
    density = densityOf(content[1].length / length);
    const stored = sealPart(keys, 'block', content, target, offset);
    lengths.push(stored);
    offset += stored;
  }
  return lengths;
}

export interface FinishTask extends PackKeys {
  bytes: SharedArrayBuffer;
  size: number;
  /** Content of the pack's directory. */
  directory: Uint8Array;
  count: number;
}

/** What comes behind a pack's entries: its directory and foot. */
export function finishPack({ bytes, size, directory, count, ...keys }: FinishTask): Uint8Array {
  const hash = packHash().update(Buffer.from(bytes, 0, size));
  return packTail(keys, size, directory, count, hash);
}

export interface OpenTask extends PackKeys {
  blockKey: Uint8Array;
  /** Bytes of the pack. */
  sealed: ArrayBuffer;
  parts: readonly SealedBlock[];
  /** Where the plain blocks go, one behind the other. */
  into: SharedArrayBuffer;
}

/** A block in a pack. */
export interface SealedBlock {
  /** Where it is in the bytes given. */
  at: number;
  /** As stored. */
  length: number;
  /** In the pack. */
  offset: number;
  /** Bytes of the plain block. */
  plain: number;
  /** Hex. */
  identity: string;
}

/** `altered`: fails authentication. `other`: authentic, but not the block that was asked for. */
export type Opened = 'ok' | 'altered' | 'other';

/** Decrypts, decompresses and checks blocks, and gives the plain bytes. The place of a block that is not ok is left as it was. */
export function openRun({ sealed, parts, into, ...keys }: OpenTask): Opened[] {
  const target = new Uint8Array(into);
  let end = 0;
  return parts.map((part) => {
    const start = end;
    end += part.plain;
    return openBlock(keys, sealed, part, (plain) => target.set(plain, start));
  });
}

function openBlock(
  { repository, pack, packKey, blockKey }: PackKeys & { blockKey: Uint8Array },
  sealed: ArrayBuffer,
  { at, length, offset, plain, identity }: SealedBlock,
  use: (content: Buffer) => void,
): Opened {
  const { nonce, data } = place(repository, 'block', pack, offset);
  const framed = unseal(packKey, nonce, data, new Uint8Array(sealed, at, length));
  if (!framed) return 'altered';
  const content = unframe(framed, plain);
  const isIt = content?.length === plain && keyedIdentity(blockKey, content).toString('hex') === identity;
  if (isIt) use(content);
  if (content) release(content);
  release(framed);
  return isIt ? 'ok' : 'other';
}

/** What a lane can do. */
export const operations = {
  hash: hashRun,
  seal: sealRun,
  finish: finishPack,
  open: openRun,
  checkPack,
  checkEntries,
};
