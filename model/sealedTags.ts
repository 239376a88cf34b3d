import { createCipheriv, createDecipheriv } from 'node:crypto';
import { z } from 'zod';
import { idKey } from './resourceId.ts';

/**
 * The tags of a disk snapshot. Clear: `strongroom-id` (the session: snapshots with one id are one cloud-native snapshot),
 * `strongroom-v` (`{version}.{key id}`), `strongroom-n` (how many pieces follow). Sealed: what the snapshot is, AES-256-GCM,
 * as base64url in `strongroom-m0`, `strongroom-m1`, … The additional data binds it to the source disk and to the snapshot,
 * so that tags copied onto another snapshot do not open. Who can read tags learns the session's id and nothing else; who can
 * write them can make a snapshot unknown to us, never make us take it for another.
 */
const VERSION = '1';
const NONCE = 12;
const AUTH_TAG = 16;
/** Azure's longest tag value (tag-resources). */
const VALUE = 256;

/** What a disk snapshot says of itself. */
const metadataSchema = z.object({
  session: z.string(),
  /** ARM id of the virtual machine. */
  machine: z.string(),
  /** Which of the machine's disks: `os`, `lun0`, … */
  disk: z.string(),
  /** Of that disk (`properties.uniqueId`). */
  uniqueId: z.string(),
  /** All disks of the cloud-native snapshot: key → `uniqueId`. */
  disks: z.record(z.string(), z.string()),
  /** When the session took it, ISO 8601 UTC; the same for all its disks. */
  time: z.string(),
});
export type SnapshotMetadata = z.infer<typeof metadataSchema>;

/** What the tags are bound to. */
export interface SnapshotPlace {
  /** ARM ids. */
  snapshotId: string;
  sourceDiskId: string;
}

/** A key that tags are sealed with. `id` tells it from those before and after it. */
export interface TagKey {
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

/** The tags of a new snapshot. `nonce`: 12 random bytes, never used twice under one key. */
export function sealTags(
  { id, key }: TagKey,
  place: SnapshotPlace,
  metadata: SnapshotMetadata,
  nonce: Uint8Array,
): Record<string, string> {
  const version = `${VERSION}.${id}`;
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associatedData(version, place));
  const text = Buffer.concat([nonce, cipher.update(JSON.stringify(metadata)), cipher.final(), cipher.getAuthTag()]);
  const pieces = text.toString('base64url').match(new RegExp(`.{1,${VALUE}}`, 'g'))!;
  return {
    'strongroom-id': metadata.session,
    'strongroom-v': version,
    'strongroom-n': String(pieces.length),
    ...Object.fromEntries(pieces.map((piece, i) => [`strongroom-m${i}`, piece])),
  };
}

/** Why a snapshot is not taken for ours. */
export type TagProblem =
  | 'missing' // none of our tags
  | 'foreign' // sealed with a key that this appliance does not have
  | 'altered'; // changed, incomplete, or sealed for another snapshot

export type OpenedTags = { ok: true; metadata: SnapshotMetadata } | { ok: false; problem: TagProblem };

/** Opens a snapshot's tags. Other tags beside ours do no harm. `keys`: by id. */
export function openTags(
  keys: ReadonlyMap<string, Uint8Array>,
  place: SnapshotPlace,
  tags: Readonly<Record<string, string>>,
): OpenedTags {
  const ours = ourTags(tags);
  if (ours.size === 0) return { ok: false, problem: 'missing' };
  const version = ours.get('strongroom-v') ?? '';
  const [format, keyId] = version.split('.');
  if (format !== VERSION || keyId === undefined) return { ok: false, problem: 'altered' };
  const key = keys.get(keyId);
  if (!key) return { ok: false, problem: 'foreign' };
  const metadata = unsealed(key, associatedData(version, place), sealedText(ours));
  // What stands in clear must agree: people and tools group by it.
  if (!metadata || metadata.session !== ours.get('strongroom-id')) return { ok: false, problem: 'altered' };
  return { ok: true, metadata };
}

/** The key that tags say they are sealed with; undefined when they say nothing. */
export function keyIdOf(tags: Readonly<Record<string, string>>): string | undefined {
  return ourTags(tags).get('strongroom-v')?.split('.')[1];
}

/** The sealed part, which no two snapshots share unless somebody copied it; '' when it is not whole. */
export function sealOf(tags: Readonly<Record<string, string>>): string {
  return sealedText(ourTags(tags));
}

/** By name in lower case: ARM keeps a tag name's case and does not tell names apart by it. */
function ourTags(tags: Readonly<Record<string, string>>): Map<string, string> {
  const named = Object.entries(tags).map(([name, value]) => [name.toLowerCase(), value] as const);
  return new Map(named.filter(([name]) => /^strongroom-(id|v|n|m\d+)$/.test(name)));
}

function sealedText(ours: ReadonlyMap<string, string>): string {
  const count = /^[1-9]\d?$/.test(ours.get('strongroom-n') ?? '') ? Number(ours.get('strongroom-n')) : 0;
  const pieces = Array.from({ length: count }, (_, i) => ours.get(`strongroom-m${i}`));
  return pieces.includes(undefined) ? '' : pieces.join('');
}

function unsealed(key: Uint8Array, associated: Uint8Array, text: string): SnapshotMetadata | undefined {
  const box = Buffer.from(text, 'base64url');
  if (box.length < NONCE + AUTH_TAG) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE));
  decipher.setAAD(associated);
  decipher.setAuthTag(box.subarray(box.length - AUTH_TAG));
  try {
    const plain = Buffer.concat([decipher.update(box.subarray(NONCE, box.length - AUTH_TAG)), decipher.final()]);
    return metadataSchema.parse(JSON.parse(plain.toString('utf8')));
  } catch {
    return undefined; // not authentic, or of a version that we do not know
  }
}

function associatedData(version: string, { snapshotId, sourceDiskId }: SnapshotPlace): Buffer {
  return Buffer.from(`strongroom-snapshot/${version}\n${idKey(sourceDiskId)}\n${idKey(snapshotId)}`, 'utf8');
}
