import type { StoredMap } from '../../core/state.ts';
import type { Change, Range } from './layers.ts';
import { FOOTER_BYTES, readVhdFooter, vhdFooter } from './vhdFooter.ts';
import type { FooterVerdict } from './vhdFooter.ts';
import type { Volumes } from './volumes.ts';

/**
 * A disk or snapshot as the page blob that its SAS shows: its content and, behind it, the 512 bytes of a fixed VHD's
 * footer. The footer of an upload is what the client writes; all others are made when they are read.
 */
export interface VhdBlobs {
  /** Bytes of the blob: the disk's size and the footer. */
  length(id: string): number;
  read(id: string, offset: number, length: number): Promise<Buffer>;
  write(id: string, offset: number, bytes: Uint8Array): Promise<void>;
  clear(id: string, offset: number, length: number): void;
  /** Allocated ranges, the footer's among them, found one by one. */
  allocated(id: string, range: Range): Iterable<Range>;
  /** What differs from `base`, found one by one; footers of one family do not. */
  changes(base: string, id: string, range: Range): Iterable<Change>;
  beginUpload(id: string): void;
  /** What the footer of an upload says of itself. */
  uploadedFooter(id: string): FooterVerdict;
  /** The upload has ended, or is given up: its footer goes. */
  forget(id: string): void;
}

/**
 * @param uploads footers of unfinished uploads by lower-case id, in base64
 * @param facts creation time and uniqueId of a resource, for its footer
 */
export function createVhdBlobs(
  volumes: Volumes,
  uploads: StoredMap<string>,
  facts: (id: string) => { created: number; uniqueId: string },
): VhdBlobs {
  const uploaded = (id: string) => {
    const footer = uploads.get(id.toLowerCase());
    return footer === undefined ? undefined : Buffer.from(footer, 'base64');
  };

  const setUploaded = (id: string, footer: Buffer) => uploads.set(id.toLowerCase(), footer.toString('base64'));

  const footer = (id: string) => {
    const { created, uniqueId } = facts(id);
    return uploaded(id) ?? vhdFooter(volumes.size(id), created, uniqueId);
  };

  /** Splits a range of the blob at the end of the disk. */
  const split = (id: string, { offset, length }: Range) => {
    const size = volumes.size(id);
    const end = offset + length;
    return {
      content: { offset, length: Math.max(0, Math.min(end, size) - offset) },
      footer: { offset: Math.max(offset, size) - size, length: Math.max(0, end - Math.max(offset, size)) },
    };
  };

  const contentOnly = (id: string, range: Range) => split(id, range).content;

  return {
    length: (id) => volumes.size(id) + FOOTER_BYTES,
    async read(id, offset, length) {
      const parts = split(id, { offset, length });
      const content =
        parts.content.length > 0 ? await volumes.read(id, parts.content.offset, parts.content.length) : Buffer.alloc(0);
      if (parts.footer.length === 0) return content;
      return Buffer.concat([
        content,
        footer(id).subarray(parts.footer.offset, parts.footer.offset + parts.footer.length),
      ]);
    },
    async write(id, offset, bytes) {
      const parts = split(id, { offset, length: bytes.length });
      if (parts.content.length > 0) await volumes.write(id, offset, bytes.subarray(0, parts.content.length));
      const before = uploaded(id);
      if (parts.footer.length === 0 || !before) return;
      before.set(bytes.subarray(parts.content.length), parts.footer.offset);
      setUploaded(id, before);
    },
    clear(id, offset, length) {
      const parts = split(id, { offset, length });
      if (parts.content.length > 0) volumes.clear(id, offset, parts.content.length);
      if (parts.footer.length > 0 && uploaded(id)) setUploaded(id, Buffer.alloc(FOOTER_BYTES));
    },
    *allocated(id, range) {
      const content = contentOnly(id, range);
      const found = content.length > 0 ? volumes.allocated(id, content) : [];
      const size = volumes.size(id);
      let rest = 0;
      if (split(id, range).footer.length > 0 && footer(id).some((byte) => byte !== 0)) rest = FOOTER_BYTES;
      for (const { offset, length } of found) {
        const last = offset + length === size;
        yield { offset, length: last ? length + rest : length };
        if (last) rest = 0;
      }
      if (rest > 0) yield { offset: size, length: rest };
    },
    changes(base, id, range) {
      const content = contentOnly(id, range);
      return content.length > 0 ? volumes.changes(base, id, content) : [];
    },
    beginUpload: (id) => setUploaded(id, Buffer.alloc(FOOTER_BYTES)),
    uploadedFooter: (id) => readVhdFooter(uploaded(id) ?? Buffer.alloc(FOOTER_BYTES)),
    forget: (id) => void uploads.delete(id.toLowerCase()),
  };
}
