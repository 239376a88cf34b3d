import { isDeepStrictEqual } from 'node:util';
import { StrongroomError } from '../../model/errors.ts';
import { readCheckedText } from '../format/checkedText.ts';
import { isOwnConfig } from '../format/config.ts';
import type { Config } from '../format/config.ts';
import { damaged, isCode } from '../format/damage.ts';
import { keyDocumentSchema, openPassphraseSlot, openRecoverySlot } from './keySlots.ts';
import type { KeyDocument } from './keySlots.ts';
import { CONFIG, keyNames, pointName } from '../format/layout.ts';
import { listPointIds } from '../format/points.ts';
import type { KeyWrapper, ObjectStore } from '../ports.ts';
import { readRecoveryKey } from './recoveryKey.ts';
import { readClearPart } from '../format/sealedObject.ts';
import { deriveSecrets } from '../format/secrets.ts';
import type { Secrets } from '../format/secrets.ts';

/** How to get at a repository's master key. */
export type Unlock =
  | { kind: 'wrapped'; wrapper: KeyWrapper }
  | { kind: 'passphrase'; passphrase: string }
  | { kind: 'recovery'; key: string };

/** Points whose heads are asked when both key objects are of no use. */
const POINTS_ASKED = 3;

/**
 * Finds a key document that the unlock opens: `keys/`, or the heads of the newest points.
 * @returns the repository's secrets and the key document's bytes
 * @throws KEY_REFUSED, REPOSITORY_DAMAGED
 */
export async function unlock(
  store: ObjectStore,
  config: Config,
  how: Unlock,
): Promise<{ secrets: Secrets; keys: Buffer }> {
  const asked = new Set<string>();
  let refusal: StrongroomError | undefined;
  let foreign = false;
  for await (const keys of keyDocuments(store, config)) {
    const text = keys.toString('latin1');
    if (asked.has(text)) continue;
    asked.add(text);
    const document = keyDocumentSchema.safeParse(readCheckedText(keys));
    if (!document.success) continue;
    try {
      const master = await openSlots(document.data, how, config.id);
      const secrets = deriveSecrets(master, config.id);
      if (isOwnConfig(config, secrets)) return { secrets, keys };
      foreign = true;
    } catch (error) {
      if (!isCode(error, 'KEY_REFUSED')) throw error;
      refusal = error;
      foreign ||= !isDeepStrictEqual(document.data.config, config);
    }
  }
  if (foreign) throw damaged(CONFIG, 'was not written with the key that the key slots hold');
  throw refusal ?? damaged(keyNames(config.id)[0], 'and its copy are missing or damaged');
}

async function* keyDocuments(store: ObjectStore, config: Config): AsyncGenerator<Buffer> {
  for (const name of keyNames(config.id)) {
    const data = await readIfThere(store, name);
    if (data) yield data;
  }
  for (const id of (await listPointIds(store)).reverse().slice(0, POINTS_ASKED)) {
    const name = pointName(id);
    const data = await readIfThere(store, name);
    if (!data) continue;
    try {
      yield readClearPart('point', name, data);
    } catch (error) {
      if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
    }
  }
}

async function readIfThere(store: ObjectStore, name: string): Promise<Buffer | undefined> {
  try {
    return (await store.get(name)).data;
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** @throws KEY_REFUSED when no slot opens */
async function openSlots({ slots }: KeyDocument, how: Unlock, repository: string): Promise<Buffer> {
  const ofKind = <K extends Unlock['kind']>(kind: K) => slots.filter((slot) => slot.kind === kind);
  if (ofKind(how.kind).length === 0) {
    throw new StrongroomError(
      'KEY_REFUSED',
      `This repository has no ${how.kind} key slot: use ${slots.map(({ kind }) => kind).join(' or ')}.`,
    );
  }
  for (const slot of slots) {
    const master = await openSlot(slot, how, repository);
    if (master?.length === 32) return master;
  }
  const what = {
    wrapped: 'The vault key does not open',
    passphrase: 'The passphrase is wrong for',
    recovery: 'The recovery key is not that of',
  };
  throw new StrongroomError('KEY_REFUSED', `${what[how.kind]} repository ${repository}.`);
}

async function openSlot(
  slot: KeyDocument['slots'][number],
  how: Unlock,
  repository: string,
): Promise<Buffer | undefined> {
  if (slot.kind === 'passphrase' && how.kind === 'passphrase')
    return openPassphraseSlot(slot, how.passphrase, repository);
  if (slot.kind === 'recovery' && how.kind === 'recovery')
    return openRecoverySlot(slot, readRecoveryKey(how.key), repository);
  if (slot.kind === 'wrapped' && how.kind === 'wrapped')
    return how.wrapper.unwrap(Buffer.from(slot.wrapped, 'base64url'), slot.keyVersion);
  return undefined;
}
