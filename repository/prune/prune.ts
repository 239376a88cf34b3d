import { StrongroomError } from '../../model/errors.ts';
import { isCode } from '../format/damage.ts';
import type { PackKey } from '../format/marks.ts';
import { Registration } from '../write/registration.ts';
import { MARK_MS } from './delays.ts';
import { bytesOf, execute } from './execute.ts';
import type { Executed } from './execute.ts';
import { look } from './look.ts';
import type { LookContext, Need } from './look.ts';
import { planPrune } from './plan.ts';
import type { Plan } from './plan.ts';
import { survey } from './survey.ts';
import type { Survey } from './survey.ts';

const REPACK_BELOW = 0.5;

export interface PruneContext extends LookContext {
  random(bytes: number): Buffer;
  /** ISO 8601, for dry runs. */
  now(): string;
}

export interface PruneOptions {
  /** Ids of the points to delete: those that retention named (model/retention.ts). One that is not there is no error. */
  deletePoints?: readonly string[];
  /** Packs of which a smaller share is needed are copied together into new ones: 0 (never) to 1. Default 0.5. */
  repackBelow?: number;
  /** A new pack is closed when it reaches this many bytes; default 16 MiB of blocks, 8 MiB of pages. */
  packBytes?: number;
  /** Says what would be done, and does nothing: not even a registration is written, so the time is this machine's. */
  dryRun?: boolean;
  onProgress?(progress: PruneProgress): void;
  signal?: AbortSignal;
}

export interface PruneProgress {
  /** `walk` counts pages of maps, `repack` bytes copied, `delete` objects. */
  phase: 'walk' | 'repack' | 'delete';
  done: number;
  /** Not known while maps are walked. */
  total?: number;
}

/** What a run did; of a dry run, what it would do. Sizes are bytes. */
export interface PruneResult {
  dryRun: boolean;
  points: {
    kept: number;
    deleted: string[];
    /** Immutable for now: of those that were to be deleted, the ones that stay. */
    locked: string[];
  };
  packs: {
    /** Needed by the points that stay. */
    kept: number;
    /** Marked by this run: a run 24 hours later or more deletes them. */
    marked: number;
    /** Marked earlier and not due yet, or held up by a writer. */
    waiting: number;
    /** Not needed, but immutable for now. */
    locked: number;
    deleted: number;
    /** Copied into new packs; among the marked. */
    repacked: number;
  };
  bytes: {
    /** In packs when the run began. */
    stored: number;
    /** Of the packs that were deleted. */
    freed: number;
    /** Of the packs that are marked and will be deleted by later runs. */
    freedLater: number;
    /** Written into new packs by repacking. */
    repacked: number;
  };
  /** When a run can delete the packs that are marked now and due first, ISO 8601 UTC; left out when none is marked. */
  nextDue?: string;
  /** Objects that points refer to and that are missing or damaged: `verify` tells which points. */
  damaged: string[];
}

/**
 * Deletes points, and what no point needs any more (docs/format.md, sections 9 and 12). May run beside anything. A pack is
 * marked by one run and deleted by another, 24 hours later or more, so a run frees what earlier runs marked.
 * @throws REPOSITORY_DAMAGED (a point or map that stays cannot be read: what it needs is not known, so nothing is
 * deleted), WRITER_LAPSED (the run was suspended for half an hour), CANCELLED
 */
export async function prune(context: PruneContext, options: PruneOptions = {}): Promise<PruneResult> {
  const { repackBelow = REPACK_BELOW, signal } = options;
  if (!(repackBelow >= 0 && repackBelow <= 1)) {
    throw new StrongroomError('INVALID_INPUT', `Packs cannot be repacked below a share of ${repackBelow}: use 0 to 1.`);
  }
  try {
    signal?.throwIfAborted();
    return await (options.dryRun ? dryRun(context, options, repackBelow) : run(context, options, repackBelow));
  } catch (cause) {
    if (signal?.aborted) throw new StrongroomError('CANCELLED', 'Pruning was cancelled.', { cause });
    if (!isCode(cause, 'WRITER_LAPSED')) throw cause;
    const message = 'Pruning stood still for half an hour, so what it found out may be wrong by now. Run it again.';
    throw new StrongroomError('WRITER_LAPSED', message, { cause, retryable: true });
  }
}

async function run(context: PruneContext, options: PruneOptions, repackBelow: number): Promise<PruneResult> {
  const { store, random, config } = context;
  const { signal, packBytes, onProgress } = options;
  const id = random(16).toString('hex');
  const registration = await Registration.begin(store, config.id, id);
  try {
    const { plan, need, found } = await prepare(
      context,
      options,
      { own: registration.name, now: Date.parse(registration.seen), remove: true },
      repackBelow,
    );
    const total = plan.due.length + need.going.length;
    let deletions = 0;
    let copied = 0;
    const toCopy = plan.repack.reduce((sum, key) => sum + need.needed.parts.of(key).bytes, 0);
    const executed = await execute(
      {
        ...context,
        repository: config.id,
        run: id,
        renew: () => registration.renew(),
        safeAfter: found.oldestBegan,
        onDeleted: () => onProgress?.({ phase: 'delete', done: ++deletions, total }),
        onRepacked: (bytes) => onProgress?.({ phase: 'repack', done: (copied += bytes), total: toCopy }),
        ...(packBytes === undefined ? {} : { packBytes }),
        ...(signal ? { signal } : {}),
      },
      plan,
      need,
    );
    return resultOf(found, plan, need, executed, false);
  } finally {
    // What is left of it, if anything, the next run removes.
    const leave = registration.close().then(() => store.delete(registration.name));
    await leave.catch(() => undefined);
  }
}

async function dryRun(context: PruneContext, options: PruneOptions, repackBelow: number): Promise<PruneResult> {
  const now = Date.parse(context.now());
  const { plan, need, found } = await prepare(context, options, { now, remove: false }, repackBelow);
  const executed = {
    deleted: plan.due.map(({ key }) => key),
    repacked: plan.repack,
    repackedBytes: plan.repack.reduce((sum, key) => sum + need.needed.parts.of(key).bytes, 0),
    damaged: [],
  };
  return resultOf(found, plan, need, executed, true);
}

async function prepare(
  context: PruneContext,
  { deletePoints = [], onProgress, signal }: PruneOptions,
  when: { own?: string; now: number; remove: boolean },
  repackBelow: number,
): Promise<{ plan: Plan; need: Need; found: Survey }> {
  const found = await survey(context.store, { repository: context.config.id, ...when });
  let pages = 0;
  const onPage = () => onProgress?.({ phase: 'walk', done: ++pages });
  const need = await look(context, found, deletePoints, { onPage, ...(signal ? { signal } : {}) });
  return { plan: planPrune(found, need.needed, need.doomed, repackBelow), need, found };
}

function resultOf(found: Survey, plan: Plan, need: Need, executed: Executed, isDry: boolean): PruneResult {
  const { packs, points, now } = found;
  const isPack = (key: PackKey): boolean => packs.has(key);
  const marked = [...plan.mark, ...executed.repacked];
  const dueLater = new Set([...plan.due.map(({ key }) => key)].filter((key) => !executed.deleted.includes(key)));
  const waiting = [...plan.waiting, ...plan.renew.map(({ key }) => key), ...dueLater];
  const counted = marked.length + plan.renew.length > 0 ? now + MARK_MS : Infinity;
  const nextDue = Math.min(plan.nextDue, counted);
  return {
    dryRun: isDry,
    points: { kept: points.size - need.going.length, deleted: need.going, locked: need.locked },
    packs: {
      kept: plan.kept - executed.repacked.length,
      marked: marked.filter(isPack).length,
      waiting: waiting.filter(isPack).length,
      locked: plan.locked,
      deleted: executed.deleted.filter(isPack).length,
      repacked: executed.repacked.length,
    },
    bytes: {
      stored: bytesOf(packs.keys(), packs),
      freed: bytesOf(executed.deleted, packs),
      freedLater: bytesOf([...marked, ...waiting], packs),
      repacked: executed.repackedBytes,
    },
    ...(nextDue === Infinity ? {} : { nextDue: new Date(nextDue).toISOString() }),
    damaged: [...need.needed.missing, ...executed.damaged],
  };
}
