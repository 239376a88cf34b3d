import { isDeepStrictEqual } from 'node:util';
import { StrongroomError } from '../../model/errors.ts';
import { isOwnConfig } from '../format/config.ts';
import type { Config } from '../format/config.ts';
import { damaged } from '../format/damage.ts';
import { readKeyDocument, storedKeyDocuments } from './keyDocument.ts';
import { openPassphraseSlot, openRecoverySlot } from './keySlots.ts';
import type { KeyDocument, Slot } from './keySlots.ts';
import { CONFIG, keyNames } from '../format/layout.ts';
import type { KeyWrapper, ObjectStore } from '../ports.ts';
import { readRecoveryKey } from './recoveryKey.ts';
import { deriveSecrets } from '../format/secrets.ts';
import type { Secrets } from '../format/secrets.ts';

/** How to get at a repository's master key. */
export type Unlock =
  | { kind: 'wrapped'; wrapper: KeyWrapper }
  | { kind: 'passphrase'; passphrase: string }
  | { kind: 'recovery'; key: string };

/**
 * Opens the key document: the first that is whole and of this configuration decides, so that a slot which was removed from
 * `keys/` opens nothing here although older points still carry it.
 * @returns the master key, the secrets made of it and the key document's bytes
 * @throws KEY_REFUSED, REPOSITORY_DAMAGED, AZURE_UNAVAILABLE (the vault does not answer)
 */
export async function unlock(
  store: ObjectStore,
  config: Config,
  how: Unlock,
): Promise<{ master: Buffer; secrets: Secrets; keys: Buffer }> {
  let found = false;
  for await (const keys of storedKeyDocuments(store, config)) {
    const document = readKeyDocument(keys);
    if (!document) continue;
    found = true;
    if (!isDeepStrictEqual(document.config, config)) continue;
    const master = await openSlots(document, how, config.id);
    const secrets = deriveSecrets(master, config.id);
    if (isOwnConfig(config, secrets)) return { master, secrets, keys };
  }
  if (found) throw damaged(CONFIG, 'was not written with the key that the key slots hold');
  throw damaged(keyNames(config.id)[0], 'and its copy are missing or damaged');
}

/** @throws KEY_REFUSED when no slot opens, AZURE_UNAVAILABLE */
async function openSlots({ slots }: KeyDocument, how: Unlock, repository: string): Promise<Buffer> {
  const kinds = [...new Set(slots.map(({ kind }) => kind))];
  if (!kinds.includes(how.kind)) {
    throw new StrongroomError(
      'KEY_REFUSED',
      `Repository ${repository} has no ${names[how.kind]} slot: use ${kinds.map((kind) => names[kind]).join(' or ')}.`,
    );
  }
  let refusal: StrongroomError | undefined;
  for (const slot of inOrder(slots, how)) {
    try {
      const master = await openSlot(slot, how, repository);
      if (master?.length === 32) return master;
    } catch (error) {
      if (!(error instanceof StrongroomError)) throw error;
      refusal ??= error;
    }
  }
  const others = kinds.filter((kind) => kind !== how.kind).map((kind) => `the ${names[kind]}`);
  const wayOut = others.length > 0 ? ` The repository opens also with ${others.join(' or ')}.` : '';
  if (refusal) {
    const { code, message, retryable, details } = refusal;
    throw new StrongroomError(code, message + wayOut, { retryable, details, cause: refusal });
  }
  throw new StrongroomError('KEY_REFUSED', `${wrong[how.kind]} repository ${repository}.${wayOut}`);
}

const names = { wrapped: 'Key Vault key', passphrase: 'passphrase', recovery: 'recovery key' };
const wrong = {
  wrapped: 'The Key Vault key does not open',
  passphrase: 'The passphrase is wrong for',
  recovery: 'The recovery key is not that of',
};

/** Slots of the very vault key first; the others too, for a key may have been restored into another vault. */
function inOrder(slots: readonly Slot[], how: Unlock): readonly Slot[] {
  if (how.kind !== 'wrapped') return slots;
  const isOwn = (slot: Slot) => slot.kind === 'wrapped' && slot.keyId === how.wrapper.keyId;
  return [...slots.filter(isOwn), ...slots.filter((slot) => !isOwn(slot))];
}

async function openSlot(slot: Slot, how: Unlock, repository: string): Promise<Buffer | undefined> {
  if (slot.kind === 'passphrase' && how.kind === 'passphrase')
    return openPassphraseSlot(slot, how.passphrase, repository);
  if (slot.kind === 'recovery' && how.kind === 'recovery')
    return openRecoverySlot(slot, readRecoveryKey(how.key), repository);
  if (slot.kind === 'wrapped' && how.kind === 'wrapped')
    return how.wrapper.unwrap(Buffer.from(slot.wrapped, 'base64url'), slot.keyVersion);
  return undefined;
}
