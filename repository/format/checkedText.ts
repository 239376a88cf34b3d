import { createHash } from 'node:crypto';

/** A JSON document and its SHA-256, one line each (docs/format.md, section 4). */
export function writeCheckedText(document: unknown): Buffer {
  const line = JSON.stringify(document);
  return Buffer.from(`${line}\n${sha256(line)}\n`, 'utf8');
}

/** The document, or undefined when the text is damaged. */
export function readCheckedText(bytes: Uint8Array): unknown {
  const [line, checksum, end, ...more] = Buffer.from(bytes).toString('utf8').split('\n');
  if (line === undefined || checksum !== sha256(line) || end !== '' || more.length > 0) return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

const sha256 = (line: string): string => createHash('sha256').update(line, 'utf8').digest('hex');
