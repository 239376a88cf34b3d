import { StrongroomError } from '../../model/errors.ts';
import { writeCheckedText } from '../format/checkedText.ts';
import { isCode } from '../format/damage.ts';
import { writerName } from '../format/layout.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';

const RENEWAL_MS = 5 * 60_000;
/** By the store's time. Long enough to outlast an outage of the store, short enough not to hold up prune. */
export const LEASE_MS = 30 * 60_000;

/**
 * A writer's registration (docs/format.md, section 8): prune deletes nothing that a live writer may rely on. All times
 * are the store's.
 */
export class Registration {
  readonly name: string;
  readonly #store: ObjectStore;
  readonly #repository: string;
  readonly #writer: string;
  #began: string | null = null;
  #info: ObjectInfo | undefined;
  #lapsed: StrongroomError | undefined;
  #renewals: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(store: ObjectStore, repository: string, writer: string) {
    this.name = writerName(writer);
    this.#store = store;
    this.#repository = repository;
    this.#writer = writer;
  }

  /** @param writer 16 random bytes, hex */
  static async begin(store: ObjectStore, repository: string, writer: string): Promise<Registration> {
    const registration = new Registration(store, repository, writer);
    await registration.#put('live');
    // A renewal that fails is tried again at the next tick; if none succeeds in time, commit finds the writer lapsed.
    registration.#timer = setInterval(() => void registration.renew().catch(() => undefined), RENEWAL_MS).unref();
    return registration;
  }

  /** The store's time of the last renewal, ISO 8601 UTC. */
  get seen(): string {
    return this.#info!.modified;
  }

  /** Proves to the store that this writer lives. @throws WRITER_LAPSED, and then always */
  renew(): Promise<void> {
    this.#renewals = this.#renewals.catch(() => undefined).then(() => this.#put('live'));
    return this.#renewals;
  }

  /** Tells prune that nothing needs to be kept for this writer any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewals.catch(() => undefined);
    if (this.#lapsed) return;
    await this.#put('closed');
    this.#lapsed = new StrongroomError('WRITER_LAPSED', `The writer ${this.#writer} is closed.`);
  }

  async #put(state: 'live' | 'closed'): Promise<void> {
    if (this.#lapsed) throw this.#lapsed;
    const text = writeCheckedText({ repository: this.#repository, writer: this.#writer, began: this.#began, state });
    const before = this.#info;
    try {
      this.#info = await this.#store.put(this.name, [text], before ? { ifMatch: before.etag } : { ifAbsent: true });
    } catch (error) {
      if (!isCode(error, 'ALREADY_EXISTS')) throw error;
      this.#info = await this.#mine(text, error);
    }
    this.#began ??= this.#info.modified;
    if (before && Date.parse(this.#info.modified) - Date.parse(before.modified) >= LEASE_MS) throw this.#lapse();
  }

  /** The registration as stored, if it is what was just put: then only the answer of an earlier try was lost. */
  async #mine(text: Buffer, cause: unknown): Promise<ObjectInfo> {
    const found = await this.#store.get(this.name).catch((error: unknown) => {
      if (isCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    });
    if (!found?.data.equals(text)) throw this.#lapse(cause);
    return found.info;
  }

  #lapse(cause?: unknown): StrongroomError {
    clearInterval(this.#timer);
    this.#lapsed = new StrongroomError(
      'WRITER_LAPSED',
      `The writer ${this.#writer} did not renew its registration for too long, so prune may have deleted what it relies on. Start the backup again.`,
      { cause, retryable: true },
    );
    return this.#lapsed;
  }
}
