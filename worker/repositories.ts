import { StrongroomError, type ErrorCode } from '../model/errors.ts';
import type { RepositoryTarget } from '../model/jobs.ts';
import { createRepository, openRepository, type Repository, type Writer } from '../repository/index.ts';
import type { KeyWrapper, ObjectStore } from '../repository/ports.ts';

/** The repositories that this process has open: each once, with one writer, shared by all jobs. */
export interface Repositories {
  /** @throws REPOSITORY_UNKNOWN when there is none, KEY_REFUSED when the vault refuses the key. */
  open(target: RepositoryTarget): Promise<Repository>;
  /**
   * Makes a repository with a Key Vault slot and a recovery-key slot, the recovery key in escrow first.
   * @throws ALREADY_EXISTS when there is one
   */
  create(target: RepositoryTarget): Promise<Repository>;
  /**
   * Lends the shared writer. One that has lapsed or failed to store is not lent again: the next job gets a new one. Work that
   * found it lapsed is done again with the new one, once: it finds what is stored already.
   */
  withWriter<T>(target: RepositoryTarget, work: (writer: Writer) => Promise<T>): Promise<T>;
  /** Ends the writers' registrations. */
  close(): Promise<void>;
}

/** After these a writer's memory of what it stored may be wrong. */
const unfit = new Set<ErrorCode>(['WRITER_LAPSED', 'AZURE_UNAVAILABLE', 'AZURE_REFUSED']);

export function repositories(world: {
  store(url: string): ObjectStore;
  wrapper(keyId: string): KeyWrapper;
  /** ISO 8601 UTC. */
  now(): string;
  /** Keeps a new repository's recovery key beside the Key Vault key that wraps its master key. */
  escrow(keyId: string, repositoryId: string, recoveryKey: string): Promise<void>;
  /** Told what stops no job: an index object that is damaged, so that blocks may be stored twice. */
  warn(warning: StrongroomError): void;
}): Repositories {
  const opened = new Map<string, Promise<Repository>>();
  const writers = new Map<string, Promise<Writer>>();
  // Registered until the end: other jobs, and points yet to be committed, may count on what they stored.
  const retired: Writer[] = [];

  /** Shares what is being made; forgets it when that fails. */
  function shared<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
    const found = cache.get(key);
    if (found) return found;
    const made = make();
    cache.set(key, made);
    made.catch(() => cache.delete(key));
    return made;
  }

  const open = (target: RepositoryTarget) =>
    shared(opened, target.url, () =>
      openRepository(world.store(target.url), { kind: 'wrapped', wrapper: world.wrapper(target.keyId) }),
    );

  return {
    open,

    async create(target) {
      const wrapper = world.wrapper(target.keyId);
      const { repository } = await createRepository(world.store(target.url), {
        wrapper,
        recovery: true,
        keepRecoveryKey: (recoveryKey, id) => world.escrow(target.keyId, id, recoveryKey),
        now: world.now,
      });
      opened.set(target.url, Promise.resolve(repository));
      return repository;
    },

    async withWriter(target, work) {
      const repository = await open(target);
      const { immutabilityDays: days } = target;
      const lock = days === undefined ? {} : { lock: { days } };
      const register = () => repository.writer({ ...lock, onWarning: world.warn });
      for (let tries = 1; ; tries++) {
        const lent = shared(writers, target.url, register);
        const writer = await lent;
        try {
          return await work(writer);
        } catch (error) {
          if (!(error instanceof StrongroomError) || !unfit.has(error.code)) throw error;
          if (writers.get(target.url) === lent) {
            writers.delete(target.url);
            retired.push(writer);
          }
          if (error.code !== 'WRITER_LAPSED' || tries > 1) throw error;
        }
      }
    },

    async close() {
      const ending = [...writers.values(), ...retired].map(async (writer) => (await writer).close());
      writers.clear();
      await Promise.allSettled(ending);
    },
  };
}
