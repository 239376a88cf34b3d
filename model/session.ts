import type { ErrorInfo } from './errors.ts';
import { StrongroomError } from './errors.ts';
import type { Progress } from './messages.ts';
import type { ReadMode } from './point.ts';

export type SessionKind = 'backup' | 'restore' | 'check';

/** The session state machine, whole: from each state, where it may go. */
export const transitions = {
  queued: ['snapshotting', 'checkingSite', 'failed'],
  snapshotting: ['checkingSite', 'failed'],
  checkingSite: ['waitingForWorker', 'failed'],
  waitingForWorker: ['startingWorker', 'failed'],
  startingWorker: ['transferring', 'cleaningUp', 'failed'],
  transferring: ['committing', 'cleaningUp', 'failed'],
  committing: ['cleaningUp', 'failed'],
  cleaningUp: ['completed', 'failed'],
  completed: [],
  failed: [],
} as const satisfies Record<string, readonly string[]>;
export type SessionState = keyof typeof transitions;

export function isTerminal(state: SessionState): boolean {
  return transitions[state].length === 0;
}

/**
 * Whether moving to `to` changes anything. Moving to the present state is a repeated activity: no change, no error.
 * @throws INTERNAL when the table has no such step
 */
export function mayAdvance(from: SessionState, to: SessionState): boolean {
  if (from === to) return false;
  if ((transitions[from] as readonly SessionState[]).includes(to)) return true;
  throw new StrongroomError('INTERNAL', `A session cannot go from ${from} to ${to}.`);
}

/** One backup, restore or check as the sessions table keeps it. */
export interface Session {
  id: string;
  kind: SessionKind;
  state: SessionState;
  /** The protected machine; of a check, the site's resource group. */
  resourceId: string;
  /** ISO 8601 UTC, all three. */
  started: string;
  updated: string;
  finished?: string;
  /** The restore point made, or the one restored. */
  point?: string;
  /** ARM id of the worker machine. */
  worker?: string;
  error?: ErrorInfo;
  /** Clean-up that did not work (the ledger still names what is left), and what a restored disk lacks of its source. */
  warnings?: string[];
  /** What the appliance put right: pieces of its site that were missing. */
  notes?: string[];
}

export type DiskState = 'waiting' | 'running' | 'done' | 'failed';

/** One disk of a session. Progress comes from the worker, the rest from the orchestration. */
export interface SessionDisk {
  key: string;
  name: string;
  size: number;
  state: DiskState;
  phase?: Progress['phase'];
  /** Bytes of work known, done, and stored. */
  total?: number;
  done?: number;
  stored?: number;
  /** Bytes read from the source disk. */
  read?: number;
  mode?: ReadMode;
  /** Restore: the disk made. */
  target?: string;
  error?: ErrorInfo;
}

/** Something that a session tried out of its site, in the order of trying. */
export interface SessionStep {
  name: string;
  ok: boolean;
  /** What was found: addresses, bytes, or the error. */
  seen: string;
  /** Milliseconds that it took. */
  ms: number;
  /** What to put right, when it is not ok: names the resource and the command or setting. */
  fix?: string;
}

/** A session with its disks and, when it tried out its site, the steps of that, as the API shows it. */
export type SessionView = Session & { disks: SessionDisk[]; steps?: SessionStep[] };

/** Puts a session together. A late progress message cannot make a finished disk look unfinished. */
export function sessionView(session: Session, disks: SessionDisk[], steps: SessionStep[] = []): SessionView {
  const shown = disks.map((disk) =>
    disk.state === 'done' && disk.total !== undefined ? { ...disk, done: disk.total } : disk,
  );
  return { ...session, disks: shown.sort(byKey), ...(steps.length ? { steps } : {}) };
}

/** `os` first, then by lun. */
function byKey(a: { key: string }, b: { key: string }): number {
  const rank = (key: string) => (key === 'os' ? -1 : Number(key.slice(3)));
  return rank(a.key) - rank(b.key);
}
