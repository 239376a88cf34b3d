import { createHash } from 'node:crypto';
import { StrongroomError } from '../../model/errors.ts';
import type { Config } from '../format/config.ts';
import type { KeyWrapper, ObjectStore } from '../ports.ts';
import { changeSlots, readSlots } from './keyDocument.ts';
import { passphraseSlot, recoverySlot, wrappedSlot } from './keySlots.ts';
import type { Slot } from './keySlots.ts';
import { writeRecoveryKey } from './recoveryKey.ts';

/** A way in, as it may be shown: nothing secret. */
export interface KeySlot {
  /** Eight hex digits that stay as long as the slot does. */
  id: string;
  kind: 'wrapped' | 'passphrase' | 'recovery';
  /** Of a Key Vault slot: the key, and the version that wraps the master key. */
  keyId?: string;
  keyVersion?: string;
  /** ISO 8601 UTC. Missing where it was not recorded. */
  added?: string;
}

/** A way in to be made. */
export type NewKey =
  | { kind: 'wrapped'; wrapper: KeyWrapper }
  | { kind: 'passphrase'; passphrase: string }
  | {
      kind: 'recovery';
      /** Puts the new recovery key where it survives, or shows it. Awaited before the slot is stored; it is never to be had again. */
      keep(recoveryKey: string): Promise<void>;
    };

/**
 * The ways in to an open repository (docs/format.md, 4.2). All of them hold the same master key, so no change rewrites data;
 * and whoever once had a way in may have kept the master key: taking a slot away keeps out who did not use it yet.
 */
export interface Keys {
  /** The slots as they are in the store now. */
  list(): Promise<KeySlot[]>;
  /** @throws INVALID_INPUT, KEY_REFUSED, RESOURCE_BUSY */
  add(key: NewKey): Promise<KeySlot>;
  /**
   * Puts a new slot into the place of an old one, in one step: the newest version of a vault key, another passphrase, a
   * fresh recovery key.
   * @throws NOT_FOUND (no such slot), INVALID_INPUT (a slot of another kind), KEY_REFUSED, RESOURCE_BUSY
   */
  rotate(id: string, key: NewKey): Promise<KeySlot>;
  /**
   * @param options recovery: take the slot away although it is a recovery key's
   * @throws NOT_FOUND, INVALID_INPUT (the last way in, or a recovery key without the word), RESOURCE_BUSY
   */
  remove(id: string, options?: { recovery?: boolean }): Promise<KeySlot>;
}

export interface KeysContext {
  store: ObjectStore;
  config: Config;
  master: Buffer;
  /** The key document that was opened, as stored. */
  document: Buffer;
  now(): string;
  random(bytes: number): Buffer;
}

/** @returns the keys, and the key document as it is known last: points carry it in their heads */
export function openKeys(context: KeysContext): { keys: Keys; document(): Buffer } {
  const { store, config, master, now, random } = context;
  let { document } = context;

  const change = async (edit: (slots: readonly Slot[]) => Slot[]): Promise<void> => {
    document = await changeSlots(store, config, document, edit);
  };
  const make = async (key: NewKey): Promise<Slot> => ({
    ...(await newSlot(key, master, config.id, random)),
    added: now(),
  });

  return {
    document: () => document,
    keys: {
      list: async () => (await readSlots(store, config, document)).map(shown),
      async add(key) {
        const slot = await make(key);
        await change((slots) => [...slots, slot]);
        return shown(slot);
      },
      async rotate(id, key) {
        const { kind } = slotOf(await readSlots(store, config, document), id);
        if (kind !== key.kind) {
          throw new StrongroomError(
            'INVALID_INPUT',
            `Slot ${id} is a ${kind} slot; only another of its kind takes its place. Add the new way in, then remove ${id}.`,
          );
        }
        const slot = await make(key);
        await change((slots) => {
          const old = slotOf(slots, id);
          return slots.map((each) => (each === old ? slot : each));
        });
        return shown(slot);
      },
      async remove(id, { recovery = false } = {}) {
        const slot = slotOf(await readSlots(store, config, document), id);
        await change((slots) => {
          const old = slotOf(slots, id);
          refuseRemoval(slots, old, recovery);
          return slots.filter((each) => each !== old);
        });
        return shown(slot);
      },
    },
  };
}

async function newSlot(
  key: NewKey,
  master: Buffer,
  repository: string,
  random: (bytes: number) => Buffer,
): Promise<Slot> {
  switch (key.kind) {
    case 'wrapped':
      return wrappedSlot(master, key.wrapper);
    case 'passphrase':
      return passphraseSlot(master, key.passphrase, repository, random);
    case 'recovery': {
      const recoveryKey = random(32);
      await key.keep(writeRecoveryKey(recoveryKey));
      return recoverySlot(master, recoveryKey, repository, random);
    }
  }
}

function refuseRemoval(slots: readonly Slot[], slot: Slot, recovery: boolean): void {
  if (slots.length === 1) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `Slot ${slotId(slot)} is the only way in: without it nothing could be restored. Add another one first.`,
    );
  }
  if (slot.kind === 'recovery' && !recovery) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `Slot ${slotId(slot)} is a recovery key's, the way in when vault and passphrase are gone. Ask for its removal ` +
        `explicitly (--recovery), or rotate it for a fresh recovery key.`,
    );
  }
}

/** The slot with that id. @throws NOT_FOUND */
function slotOf(slots: readonly Slot[], id: string): Slot {
  const found = slots.find((slot) => slotId(slot) === id);
  if (found) return found;
  throw new StrongroomError(
    'NOT_FOUND',
    `There is no key slot ${JSON.stringify(id)}: the repository has ${slots.map((slot) => `${slotId(slot)} (${slot.kind})`).join(', ')}.`,
  );
}

function shown(slot: Slot): KeySlot {
  const { kind, added } = slot;
  const vault = slot.kind === 'wrapped' ? { keyId: slot.keyId, keyVersion: slot.keyVersion } : {};
  return { id: slotId(slot), kind, ...vault, ...(added === undefined ? {} : { added }) };
}

/** Of what is sealed: it differs from slot to slot, and changes when the slot is made anew. */
function slotId(slot: Slot): string {
  const sealed = slot.kind === 'wrapped' ? slot.wrapped : slot.box;
  return createHash('sha256').update(sealed).digest('hex').slice(0, 8);
}
