import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { FOOTER_BYTES, readVhdFooter } from './vhdFooter.ts';
import type { Volumes } from './volumes.ts';

const MIB = 1024 * 1024;
const CHUNK = 4 * MIB;
/** Runs of zeros shorter than this are stored as data. */
const GRAIN = 4096;
const ZEROS = Buffer.alloc(GRAIN);

export interface ImageFacts {
  format: 'raw' | 'vhd';
  /** Bytes of the disk in the file, without a VHD's footer. */
  contentBytes: number;
  /** Size of the disk it becomes: whole MiB. */
  diskSizeBytes: number;
}

/**
 * What a file would become as a disk: a fixed VHD is known by its footer, anything else is a raw image.
 * @throws Error for dynamic and damaged VHDs and for files without content
 */
export async function inspectImage(file: string): Promise<ImageFacts> {
  const handle = await open(file, 'r');
  try {
    return await factsOf(handle, file);
  } finally {
    await handle.close();
  }
}

async function factsOf(handle: FileHandle, file: string): Promise<ImageFacts> {
  const { size } = await handle.stat();
  if (size === 0) throw new Error(`${file} is empty`);
  let contentBytes = size;
  let format: ImageFacts['format'] = 'raw';
  if (size > FOOTER_BYTES) {
    const footer = Buffer.alloc(FOOTER_BYTES);
    await handle.read(footer, 0, FOOTER_BYTES, size - FOOTER_BYTES);
    const verdict = readVhdFooter(footer);
    if (verdict.kind === 'not-fixed') throw new Error(`${file} is a dynamic VHD: only fixed ones can become a disk`);
    if (verdict.kind === 'damaged') throw new Error(`${file} has a damaged VHD footer: ${verdict.why}`);
    if (verdict.kind === 'fixed') {
      if (verdict.size > size - FOOTER_BYTES) throw new Error(`${file} is shorter than its VHD footer says`);
      format = 'vhd';
      contentBytes = verdict.size;
    }
  }
  return { format, contentBytes, diskSizeBytes: Math.ceil(contentBytes / MIB) * MIB };
}

/** Makes the file the content of a volume, which takes its size. Zeros stay holes. */
export async function importImage(volumes: Volumes, key: string, file: string): Promise<ImageFacts> {
  const handle = await open(file, 'r');
  try {
    const facts = await factsOf(handle, file);
    volumes.reset(key, facts.diskSizeBytes);
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let at = 0; at < facts.contentBytes;) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK, facts.contentBytes - at), at);
      if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
      for (const run of dataRuns(buffer.subarray(0, bytesRead))) {
        await volumes.write(key, at + run.start, buffer.subarray(run.start, run.end));
      }
      at += bytesRead;
    }
    return facts;
  } finally {
    await handle.close();
  }
}

/** Runs of grains that are not all zero. */
function* dataRuns(bytes: Buffer): Generator<{ start: number; end: number }> {
  let start = -1;
  for (let at = 0; at < bytes.length; at += GRAIN) {
    const end = Math.min(at + GRAIN, bytes.length);
    const zero = bytes.compare(ZEROS, 0, end - at, at, end) === 0;
    if (!zero && start < 0) start = at;
    if (zero && start >= 0) {
      yield { start, end: at };
      start = -1;
    }
  }
  if (start >= 0) yield { start, end: bytes.length };
}
