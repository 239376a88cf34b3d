import { StrongroomError } from '../../model/errors.ts';
import type { ObjectStore } from '../ports.ts';
import { Findings } from './findings.ts';
import { takeInventory } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import type { WithoutKeyOptions } from './report.ts';

/** What the parts of one verification share. */
export interface Run {
  /** Counts what is read. */
  store: ObjectStore;
  inventory: Inventory;
  findings: Findings;
  /** One object more is looked at. */
  tick(): void;
  /** Bytes read so far. */
  bytes(): number;
  options: WithoutKeyOptions;
  signal: AbortSignal | undefined;
}

/** Lists what there is. @param repository id */
export async function beginRun(store: ObjectStore, repository: string, options: WithoutKeyOptions): Promise<Run> {
  const { signal, onProgress } = options;
  let bytes = 0;
  const counting: ObjectStore = {
    ...store,
    get: async (name, range, inner) => {
      const found = await store.get(name, range, inner);
      bytes += found.data.length;
      return found;
    },
  };
  const findings = new Findings();
  const inventory = await takeInventory(store, repository, signal);
  for (const name of inventory.unknown) findings.warning(name, 'is not of this repository: nobody reads it');
  const { objects: total } = inventory;
  let done = 0;
  const tick = () => onProgress?.({ phase: 'structure', done: Math.min(++done, total), total });
  return { store: counting, inventory, findings, tick, bytes: () => bytes, options, signal };
}

/** What an abort interrupts is CANCELLED, however it shows. */
export async function orCancelled<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!signal?.aborted) throw cause;
    throw new StrongroomError('CANCELLED', 'Verifying was cancelled. What was read in full is remembered.', { cause });
  }
}
