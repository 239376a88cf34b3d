import { isDeepStrictEqual } from 'node:util';
import { keysOf } from './derivedKeys.ts';
import type { Keys } from './derivedKeys.ts';
import { derive, hmac, passphraseKey, sha256, unseal } from './crypto.ts';
import type { Folder } from './folder.ts';
import { Damage, newer, Problem } from './problem.ts';
import { clearPart } from './sealedObject.ts';

/** `strongroom.json` (docs/format.md, 4.1). */
export interface Config {
  format: string;
  version: number;
  id: string;
  blockSize: number;
  fanOut: number;
  created: string;
  mac: string;
}

/** What opens a repository. */
export type Way = { kind: 'passphrase'; passphrase: string } | { kind: 'recovery'; key: string };

interface Slot {
  kind: string;
  box?: string;
  salt?: string;
  m?: number;
  t?: number;
  p?: number;
}

const CONFIG = 'strongroom.json';
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** @throws Problem (no repository, a newer version), Damage */
export function readConfig(folder: Folder): Config {
  const bytes = folder.find(CONFIG);
  if (!bytes) throw new Problem(`${folder.path} is no repository: it has no ${CONFIG}.`);
  const config = checkedText(bytes) as Config | undefined;
  if (config?.format === 'strongroom-repository' && config.version > 1) {
    throw newer('The repository', config.version);
  }
  const { format, version, blockSize, fanOut } = config ?? {};
  const known = format === 'strongroom-repository' && version === 1;
  if (!config || !known || !isPowerOfTwo(blockSize, 4096, 4 * 1024 * 1024) || !isWhole(fanOut, 2, 4096)) {
    throw new Damage(`${CONFIG} is altered or truncated.`);
  }
  return config;
}

/** @throws Problem when the key is not one of this repository's, Damage */
export function unlock(folder: Folder, config: Config, way: Way): Keys {
  const repository = Buffer.from(config.id.replaceAll('-', ''), 'hex');
  for (const { config: own, slots } of keyDocuments(folder, config.id)) {
    if (!isDeepStrictEqual(own, config)) continue;
    const master = openSlots(slots, way, config.id, repository);
    if (!master) throw new Problem(refusal(slots, way));
    const { format, version, id, blockSize, fanOut, created } = config;
    const text = [format, version, id, blockSize, fanOut, created].join('\n');
    if (hmac(derive(master, repository, 'strongroom/1/config'), text) !== config.mac) continue;
    return keysOf(master, repository);
  }
  throw new Damage(
    `No key document of ${CONFIG} is whole: keys/${config.id}.0, its copy and the newest points were asked.`,
  );
}

/** From `keys/`, then from the heads of the newest points. */
function* keyDocuments(folder: Folder, id: string): Generator<{ config: Config; slots: Slot[] }> {
  const points = folder.names('points/').sort().reverse().slice(0, 3);
  for (const name of [`keys/${id}.0`, `keys/${id}.1`, ...points]) {
    const bytes = folder.find(name);
    const text = bytes && name.startsWith('points/') ? clearPart('point', bytes) : bytes;
    const document = text && (checkedText(text) as { config: Config; slots: Slot[] } | undefined);
    if (Array.isArray(document?.slots)) yield document;
  }
}

function openSlots(slots: readonly Slot[], way: Way, id: string, repository: Buffer): Buffer | undefined {
  const recoveryKey = way.kind === 'recovery' ? readRecoveryKey(way.key) : undefined;
  for (const slot of slots.filter(({ kind }) => kind === way.kind)) {
    const key = recoveryKey
      ? derive(recoveryKey, repository, 'strongroom/1/slot/recovery')
      : slotPassphraseKey(slot, way as { passphrase: string });
    const box = Buffer.from(slot.box ?? '', 'base64url');
    const data = Buffer.from(`strongroom/1/slot/${slot.kind}/${id}`, 'ascii');
    const master = key && box.length === 60 ? unseal(key, box.subarray(0, 12), data, box.subarray(12)) : undefined;
    if (master) return master;
  }
  return undefined;
}

function slotPassphraseKey({ salt, m, t, p }: Slot, { passphrase }: { passphrase: string }): Buffer | undefined {
  // Rather none than one that works for ever.
  if (!isWhole(m, 128, 2 ** 20) || !isWhole(t, 1, 16) || !isWhole(p, 1, 16)) return undefined;
  return passphraseKey(passphrase, Buffer.from(salt ?? '', 'base64url'), { m, t, p });
}

function refusal(slots: readonly Slot[], way: Way): string {
  const kinds = slots.map(({ kind }) => kind);
  if (kinds.includes(way.kind)) {
    return way.kind === 'passphrase' ? 'The passphrase is wrong.' : 'The recovery key is not that of this repository.';
  }
  const ways = ['passphrase', 'recovery'].filter((kind) => kinds.includes(kind));
  const other =
    ways.length > 0 ? `use its ${ways.join(' or ')} key` : 'it opens with Azure Key Vault alone: use strongroom';
  return `The repository has no ${way.kind} slot; ${other}.`;
}

/** @throws Problem when the text is no recovery key, or mistyped */
function readRecoveryKey(text: string): Buffer {
  const letters = text.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replaceAll('O', '0');
  const body = [...letters.slice(3)].map((letter) => ALPHABET.indexOf(letter));
  if (!letters.startsWith('SR1') || body.length !== 56 || body.includes(-1)) {
    throw new Problem('That is no recovery key: it begins with SR1- and has 56 characters after it.');
  }
  const bits = body.reduce((sum, digit) => (sum << 5n) | BigInt(digit), 0n);
  const bytes = Buffer.from(bits.toString(16).padStart(70, '0'), 'hex');
  const key = bytes.subarray(0, 32);
  if (!sha256(key).subarray(0, 3).equals(bytes.subarray(32))) {
    throw new Problem('The recovery key is mistyped: its check characters do not fit.');
  }
  return key;
}

/** The document of a checked text (docs/format.md, 4); undefined when it is damaged. */
function checkedText(bytes: Buffer): unknown {
  const [line = '', checksum, end, ...more] = bytes.toString('utf8').split('\n');
  if (sha256(line).toString('hex') !== checksum || end !== '' || more.length > 0) return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const isPowerOfTwo = (value: unknown, least: number, most: number): value is number =>
  isWhole(value, least, most) && Number.isInteger(Math.log2(value));
