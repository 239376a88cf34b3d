import { randomBytes } from 'node:crypto';
import { StrongroomError } from '../model/errors.ts';
import type { ImageRef, Point } from '../model/point.ts';
import { writeCheckedText } from './format/checkedText.ts';
import { BLOCK_SIZE, configMac, configSchema, FAN_OUT, FORMAT, FORMAT_VERSION, readConfig } from './format/config.ts';
import type { Config } from './format/config.ts';
import { isCode } from './format/damage.ts';
import { openImage, parseImage } from './read/image.ts';
import type { ImageReader } from './read/image.ts';
import { passphraseSlot, recoverySlot, wrappedSlot } from './keys/keySlots.ts';
import type { KeyDocument, Slot } from './keys/keySlots.ts';
import { CONFIG, keyNames } from './format/layout.ts';
import { Forwards } from './read/forwards.ts';
import { MapReader } from './read/mapReader.ts';
import { putNew } from './stores/objects.ts';
import { listPointIds, readPoint, readPoints } from './format/points.ts';
import type { KeyWrapper, ObjectStore } from './ports.ts';
import { writeRecoveryKey } from './keys/recoveryKey.ts';
import { deriveSecrets } from './format/secrets.ts';
import type { Secrets } from './format/secrets.ts';
import { openKeys } from './keys/keys.ts';
import type { Keys, KeysContext } from './keys/keys.ts';
import { unlock } from './keys/unlock.ts';
import type { Unlock } from './keys/unlock.ts';
import { repositoryStats } from './stats/stats.ts';
import type { RepositoryStats } from './stats/stats.ts';
import type { VerifyOptions, VerifyReport } from './verify/report.ts';
import { verifyRepository } from './verify/verify.ts';
import { prune } from './prune/prune.ts';
import type { PruneOptions, PruneResult } from './prune/prune.ts';
import { openWriter } from './write/writer.ts';
import type { Writer, WriterOptions } from './write/writer.ts';

/** An open repository: whoever holds this holds its key. */
export interface Repository {
  /** UUID. */
  readonly id: string;
  /** Bytes. */
  readonly blockSize: number;
  /** Ids of all points, oldest first: works although a point may be damaged. */
  pointIds(): Promise<string[]>;
  /** All points, oldest first. @throws REPOSITORY_DAMAGED naming the first that is damaged */
  points(): Promise<Point[]>;
  /** @throws NOT_FOUND, REPOSITORY_DAMAGED */
  point(id: string): Promise<Point>;
  /** @throws INVALID_INPUT when the reference does not fit this repository */
  image(image: ImageRef): ImageReader;
  /** The ways in: list, add, rotate, remove. */
  readonly keys: Keys;
  /** Registers a writer. */
  writer(options?: WriterOptions): Promise<Writer>;
  /** Deletes points, and what no point needs any more. @throws REPOSITORY_DAMAGED, WRITER_LAPSED, CANCELLED */
  prune(options?: PruneOptions): Promise<PruneResult>;
  /** Checks that everything is there and as it was written, and repairs on request. Damage is in the report, not thrown. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;
  /** @param options deep: reads every page of every map once. @throws REPOSITORY_DAMAGED */
  stats(options?: { deep?: boolean }): Promise<RepositoryStats>;
}

export interface CreateOptions {
  /** Key Vault slot. */
  wrapper?: KeyWrapper;
  /** Passphrase slot. */
  passphrase?: string;
  /** Whether to make a recovery key: the way in when vault and passphrase are gone. */
  recovery: boolean;
  /**
   * Puts the recovery key where it survives. Awaited before the repository comes into being, so that none exists whose
   * recovery key nobody has; when it fails, so does the creation.
   */
  keepRecoveryKey?(recoveryKey: string, repositoryId: string): Promise<void>;
  /** Time of creation, ISO 8601 UTC. */
  now(): string;
  random?(bytes: number): Buffer;
  /** Bytes of a block, a power of two from 4 KiB to 4 MiB. */
  blockSize?: number;
  /** Entries of a page, 2 to 4096. */
  fanOut?: number;
}

/**
 * Makes a repository in an empty store. Of two creators one succeeds.
 * @returns the repository, and the recovery key to be kept by a person: it is not shown again
 * @throws ALREADY_EXISTS, INVALID_INPUT (no way in was asked for)
 */
export async function createRepository(
  store: ObjectStore,
  options: CreateOptions,
): Promise<{ repository: Repository; recoveryKey?: string }> {
  const { random = randomBytes } = options;
  await refuseExisting(store);

  const master = random(32);
  const id = uuid(random(16));
  const secrets = deriveSecrets(master, id);
  const config = makeConfig(id, secrets, options);

  const slots: Slot[] = [];
  const added = options.now();
  if (options.wrapper) slots.push(await wrappedSlot(master, options.wrapper));
  if (options.passphrase !== undefined) slots.push(await passphraseSlot(master, options.passphrase, id, random));
  const recovery = options.recovery ? random(32) : undefined;
  if (recovery) slots.push(recoverySlot(master, recovery, id, random));
  if (slots.length === 0) {
    throw new StrongroomError(
      'INVALID_INPUT',
      'A repository needs a way in: a vault key, a passphrase or a recovery key.',
    );
  }

  const keys = writeCheckedText({ config, slots: slots.map((slot) => ({ ...slot, added })) } satisfies KeyDocument);
  for (const name of keyNames(id)) await putNew(store, name, [keys]);
  const recoveryKey = recovery && writeRecoveryKey(recovery);
  if (recoveryKey) await options.keepRecoveryKey?.(recoveryKey, id);
  // This put decides: before it there is no repository, whoever comes later finds one.
  await putNew(store, CONFIG, [writeCheckedText(config)]).catch((error: unknown) => {
    throw isCode(error, 'ALREADY_EXISTS') ? exists(store, error) : error;
  });
  const repository = openWith({ store, config, master, document: keys, now: options.now, random }, secrets);
  return recoveryKey ? { repository, recoveryKey } : { repository };
}

/** @throws REPOSITORY_UNKNOWN, REPOSITORY_DAMAGED, KEY_REFUSED */
export async function openRepository(
  store: ObjectStore,
  how: Unlock,
  {
    random = randomBytes,
    now = () => new Date().toISOString(),
  }: { random?(bytes: number): Buffer; now?(): string } = {},
): Promise<Repository> {
  const config = await readConfig(store);
  const { master, secrets, keys } = await unlock(store, config, how);
  return openWith({ store, config, master, document: keys, now, random }, secrets);
}

function openWith(context: KeysContext, secrets: Secrets): Repository {
  const { store, config, random } = context;
  const { keys, document } = openKeys(context);
  const forwards = new Forwards(store, secrets);
  const maps = new MapReader(store, secrets, config.fanOut, forwards);
  return {
    id: config.id,
    blockSize: config.blockSize,
    pointIds: () => listPointIds(store),
    points: () => readPoints(store, secrets),
    point: (id) => readPoint(store, secrets, id),
    image: (image) => openImage(store, secrets, maps, forwards, parseImage(image, config)),
    keys,
    writer: (options) => openWriter({ store, config, secrets, maps, keys: document(), random }, options),
    prune: (options = {}) => prune({ ...context, secrets, maps }, options),
    verify: (options = {}) => verifyRepository({ store, config, secrets, document, random }, options),
    stats: (options = {}) => repositoryStats({ store, config, secrets, maps }, options),
  };
}

async function refuseExisting(store: ObjectStore): Promise<void> {
  const info = await store.head(CONFIG).catch((error: unknown) => {
    if (isCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  if (info) throw exists(store);
}

function makeConfig(
  id: string,
  secrets: Secrets,
  { now, blockSize = BLOCK_SIZE, fanOut = FAN_OUT }: CreateOptions,
): Config {
  const config = { format: FORMAT, version: FORMAT_VERSION, id, blockSize, fanOut, created: now() } as const;
  const parsed = configSchema.safeParse({ ...config, mac: configMac(config, secrets) });
  if (!parsed.success) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `Blocks of ${blockSize} bytes and pages of ${fanOut} entries are not possible.`,
      { cause: parsed.error },
    );
  }
  return parsed.data;
}

const exists = (store: ObjectStore, cause?: unknown): StrongroomError =>
  new StrongroomError('ALREADY_EXISTS', `There is a repository at ${store.location} already: open it.`, { cause });

/** A version 4 UUID of 16 random bytes. */
function uuid(bytes: Buffer): string {
  bytes.writeUInt8(((bytes[6] ?? 0) & 0x0f) | 0x40, 6);
  bytes.writeUInt8(((bytes[8] ?? 0) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
