import type { BadMark } from '../format/badMark.ts';
import { packName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import type { Ref } from '../format/pack.ts';
import type { ObjectStore } from '../ports.ts';
import type { Findings } from './findings.ts';
import type { Parts } from './parts.ts';
import { markBad, unmarkBad } from './repair.ts';

interface BadPack {
  kind: PackKind;
  pack: string;
  /** Offsets of what cannot be read; `null`: all of it. Where the pack's directory is lost, of its live parts. */
  entries: Set<number> | null;
  /** The same, as the store has it; left out when the pack is not set aside. */
  marked?: ReadonlySet<number> | null;
}

/** The packs that are not as they were written: of earlier runs, by their marks, and of this one. */
export class BadPacks {
  readonly #parts: Parts;
  readonly #findings: Findings;
  /** By name. */
  readonly #packs = new Map<string, BadPack>();
  readonly #whole: BadMark[] = [];

  /** @param whole names of packs that this run read in full and found whole: an older mark of them is void */
  constructor(marks: readonly BadMark[], whole: ReadonlySet<string>, parts: Parts, findings: Findings) {
    this.#parts = parts;
    this.#findings = findings;
    for (const mark of marks) {
      const { kind, pack, found } = mark;
      const name = packName(kind, pack);
      if (whole.has(name)) {
        this.#whole.push(mark);
        continue;
      }
      const marked = mark.entries && new Set(mark.entries);
      this.#packs.set(name, { kind, pack, entries: marked && new Set(marked), marked });
      parts.suspect(kind, pack, marked ? { bad: marked } : {});
      findings.problem(name, `was set aside as bad on ${found}`);
    }
  }

  /** A pack was found bad. @param bad offsets of what cannot be read; left out when that cannot be told */
  found(kind: PackKind, pack: string, what: string, bad?: readonly number[]): void {
    const name = packName(kind, pack);
    const before = this.#packs.get(name);
    const entries = new Set(bad ?? before?.marked);
    this.#packs.set(name, { ...before, kind, pack, entries });
    this.#parts.suspect(kind, pack, bad ? { bad: entries } : {});
    this.#findings.problem(name, what);
  }

  /** A live part cannot be read. @param gone whether all of its pack is */
  lost(kind: PackKind, { pack, offset }: Ref, gone: boolean): void {
    const name = packName(kind, pack);
    const known = this.#packs.get(name);
    if (known?.entries === null || known?.entries.has(offset)) return;
    const entries = gone ? null : new Set(known?.entries).add(offset);
    this.#packs.set(name, { ...known, kind, pack, entries });
  }

  /** Sets aside what is not yet, and takes back the marks of packs that are whole again. */
  async write(store: ObjectStore, repository: string, found: string): Promise<void> {
    for (const { kind, pack, entries, marked } of this.#packs.values()) {
      if (marked !== undefined && same(marked, entries)) continue;
      const offsets = entries && [...entries].sort((a, b) => a - b);
      await markBad(store, { repository, pack, kind, found, entries: offsets });
      const problem = this.#findings.problem(packName(kind, pack), 'has live parts that cannot be read');
      problem.repaired = 'set aside: the next backup stores anew what its source still has';
    }
    for (const { kind, pack } of this.#whole) await unmarkBad(store, kind, pack);
  }

  /** Names of the packs that were set aside before this run. */
  *aside(): Generator<string> {
    for (const [name, { marked }] of this.#packs) if (marked !== undefined) yield name;
  }
}

const same = (a: ReadonlySet<number> | null, b: ReadonlySet<number> | null): boolean =>
  a === null || b === null ? a === b : a.size === b.size && [...a].every((offset) => b.has(offset));
