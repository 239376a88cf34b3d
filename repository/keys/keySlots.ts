import { argon2, hkdfSync } from 'node:crypto';
import { z } from 'zod';
import { StrongroomError } from '../../model/errors.ts';
import { configSchema } from '../format/config.ts';
import type { KeyWrapper } from '../ports.ts';
import { seal, unseal } from '../format/seal.ts';

/** Of Argon2id: memory in KiB, passes over it, lanes. What RFC 9106 recommends where 2 GiB are too much (section 4). */
const COST = { m: 64 * 1024, t: 3, p: 4 };
/** A reader works no harder than this, whatever a slot asks for. */
const COST_MOST = { m: 1024 * 1024, t: 16, p: 16 };
/** Argon2 needs as much memory for each lane, in KiB. */
const LEAST_OF_LANE = 8;
const NONCE_BYTES = 12;

/** A reader tries no more slots than these. */
const SLOTS_MOST = 32;

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);
/** When the slot was made, ISO 8601 UTC. */
const added = z.string().optional();
const slotSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('wrapped'), keyId: z.string(), keyVersion: z.string(), wrapped: base64url, added }),
  z.object({
    kind: z.literal('passphrase'),
    salt: base64url,
    m: z
      .number()
      .int()
      .min(COST_MOST.p * LEAST_OF_LANE)
      .max(COST_MOST.m),
    t: z.number().int().min(1).max(COST_MOST.t),
    p: z.number().int().min(1).max(COST_MOST.p),
    box: base64url,
    added,
  }),
  z.object({ kind: z.literal('recovery'), box: base64url, added }),
]);
export type Slot = z.infer<typeof slotSchema>;

/** What `keys/` holds and each point repeats (docs/format.md, 4.2). */
export const keyDocumentSchema = z.object({ config: configSchema, slots: z.array(slotSchema).min(1).max(SLOTS_MOST) });
export type KeyDocument = z.infer<typeof keyDocumentSchema>;

type Random = (bytes: number) => Buffer;

/**
 * Wraps with the newest version of the vault's key, and sees that it can be unwrapped again.
 * @throws KEY_REFUSED
 */
export async function wrappedSlot(master: Uint8Array, wrapper: KeyWrapper): Promise<Slot> {
  const { wrapped, keyVersion } = await wrapper.wrap(master);
  if (!(await wrapper.unwrap(wrapped, keyVersion)).equals(master)) {
    throw new StrongroomError('KEY_REFUSED', `${wrapper.keyId} does not give back what it wrapped: use another key.`);
  }
  return { kind: 'wrapped', keyId: wrapper.keyId, keyVersion, wrapped: wrapped.toString('base64url') };
}

/** @throws INVALID_INPUT when the passphrase is empty */
export async function passphraseSlot(
  master: Uint8Array,
  passphrase: string,
  repository: string,
  random: Random,
): Promise<Slot> {
  if (passphrase === '') throw new StrongroomError('INVALID_INPUT', 'An empty passphrase protects nothing.');
  const salt = random(16);
  const key = await passphraseKey(passphrase, salt, COST);
  const box = closeBox(key, master, 'passphrase', repository, random);
  return { kind: 'passphrase', salt: salt.toString('base64url'), ...COST, box };
}

export function recoverySlot(master: Uint8Array, recoveryKey: Uint8Array, repository: string, random: Random): Slot {
  return {
    kind: 'recovery',
    box: closeBox(recoveryBoxKey(recoveryKey, repository), master, 'recovery', repository, random),
  };
}

/** The master key, or undefined when the passphrase is not this slot's. */
export async function openPassphraseSlot(
  slot: Extract<Slot, { kind: 'passphrase' }>,
  passphrase: string,
  repository: string,
): Promise<Buffer | undefined> {
  const key = await passphraseKey(passphrase, Buffer.from(slot.salt, 'base64url'), slot);
  return openBox(key, slot.box, 'passphrase', repository);
}

/** The master key, or undefined when the recovery key is not this slot's. */
export function openRecoverySlot(
  slot: Extract<Slot, { kind: 'recovery' }>,
  recoveryKey: Uint8Array,
  repository: string,
): Buffer | undefined {
  return openBox(recoveryBoxKey(recoveryKey, repository), slot.box, 'recovery', repository);
}

function passphraseKey(passphrase: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  const message = Buffer.from(passphrase.normalize('NFKC'));
  const input = { message, nonce: salt, parallelism: cost.p, tagLength: 32, memory: cost.m, passes: cost.t };
  return new Promise((resolve, reject) => {
    argon2('argon2id', input, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function recoveryBoxKey(recoveryKey: Uint8Array, repository: string): Buffer {
  const salt = Buffer.from(repository.replaceAll('-', ''), 'hex');
  return Buffer.from(hkdfSync('sha256', recoveryKey, salt, 'strongroom/1/slot/recovery', 32));
}

const boxData = (kind: string, repository: string): Buffer =>
  Buffer.from(`strongroom/1/slot/${kind}/${repository}`, 'ascii');

function closeBox(key: Buffer, master: Uint8Array, kind: string, repository: string, random: Random): string {
  const nonce = random(NONCE_BYTES);
  return Buffer.concat([nonce, seal(key, nonce, boxData(kind, repository), [master])]).toString('base64url');
}

function openBox(key: Buffer, box: string, kind: string, repository: string): Buffer | undefined {
  const bytes = Buffer.from(box, 'base64url');
  if (bytes.length !== NONCE_BYTES + 32 + 16) return undefined;
  return unseal(key, bytes.subarray(0, NONCE_BYTES), boxData(kind, repository), bytes.subarray(NONCE_BYTES));
}
